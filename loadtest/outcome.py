"""What came of one run of the engine."""

from __future__ import annotations

from dataclasses import dataclass, field

from loadtest.histogram import BUCKETS, Histogram

__all__ = ["Outcome"]


@dataclass(slots=True)
class Outcome:
    """What came of one run. Times are in seconds; latencies begin when a message was due, not when it was sent.

    expected: deliveries of what was sent and not refused. missing: those that never came; doubled: deliveries to
    somebody who had the message already; misplaced: deliveries to somebody in another room. disordered: rooms whose
    members did not all get the same messages in the same order. strays: numbers that are not of this run. refused:
    errors the server answered with. closed: connections that ended, of which close_codes says with what (1: without a
    code; 1002: the server broke RFC 6455; 1009: a compressed message beyond a megabyte). last_s: for each message,
    until its last reader had it, 0.0 where nobody had.

    ages: of dated data (Speech.stamp) as it came. held_age_s: the mean age of what readers had in hand, over all the
    time between what came first and what came last. uninformed: connections that got none. pongs: how often
    it said that it lives.
    """

    sent: int
    deliveries: int
    expected: int
    missing: int
    doubled: int
    disordered: int
    strays: int
    acknowledged: int
    refused: int
    closed: int
    first_error: str
    took_s: float
    last_delivery_s: float
    cpu_s: float
    bytes_in: int
    bytes_out: int
    reads: int
    latency: Histogram
    acks: Histogram
    last_s: list[float] = field(repr=False)
    misplaced: int = 0
    ages: Histogram = field(default_factory=lambda: Histogram([0] * BUCKETS))
    held_age_s: float = 0.0
    uninformed: int = 0
    pongs: int = 0
    close_codes: dict[int, int] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether every message that was not refused reached every member of its room once, in one order."""
        return not (self.missing or self.doubled or self.misplaced or self.disordered or self.closed)
