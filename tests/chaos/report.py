"""What one scenario came to, and the table of them all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

__all__ = ["Result", "table"]


@dataclass
class Result:
    """acknowledged: changes; received: events, over all readers. probe_*: seconds.

    emptied_s: until every outbox was empty; healed_s: from there until every reader held everything.
    """

    name: str
    title: str
    injected: int = 0
    acknowledged: int = 0
    received: int = 0
    reconnects: int = 0
    probe_seconds: int = 0
    probe_failed: int = 0
    probe_longest: int = 0
    emptied_s: float = 0.0
    healed_s: float = 0.0
    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.faults


HEAD = ("scenario", "harm", "acknowledged", "received", "reconnects", "s without success", "longest", "whole after", "")


def table(results: Iterable[Result]) -> str:
    """A Markdown table, a line for each scenario."""
    rows = [HEAD, ("---",) + ("---:",) * (len(HEAD) - 2) + ("---",)]
    rows += [
        (
            result.title,
            f"{result.injected}",
            f"{result.acknowledged:,}",
            f"{result.received:,}",
            f"{result.reconnects:,}",
            f"{result.probe_failed} of {result.probe_seconds}",
            f"{result.probe_longest}",
            f"{result.healed_s:.1f} s",
            "nothing lost" if result.passed else f"{len(result.faults)} FAULTS",
        )
        for result in results
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
