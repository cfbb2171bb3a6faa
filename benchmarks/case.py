"""A case as data: what is measured, in which figures, on which systems, and what it has to come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from benchmarks.sample import Finding, Sample, medians
from benchmarks.stage import Stage
from benchmarks.systems import System

__all__ = ["CHORUS", "SOCKETIO", "STOCK", "Case", "Figure", "Measure", "Target", "Verdict"]

Better = Literal["high", "low"]
Medians = Mapping[str, Mapping[str, float]]
"""For each system its figures."""

CHORUS = "chorus"
SOCKETIO = ("socketio-redis",)
STOCK = (
    "channels-daphne-memory",
    "channels-daphne-pubsub",
    "channels-uvicorn-memory",
    "channels-uvicorn-core",
    "channels-uvicorn-pubsub",
)
"""All kinds of stock Channels; what is compared with them is compared with the best of them."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a case. key: its name in samples. digits: behind the point, in reports."""

    key: str
    title: str
    unit: str
    better: Better = "low"
    digits: int = 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """A target and what came of it. measured: None where there is nothing to judge by; then `met` is None as well."""

    target: Target
    measured: float | None
    met: bool | None


@dataclass(frozen=True, slots=True)
class Target:
    """What Chorus' median of a figure has to be, or its ratio to the best of `against`: Chorus ÷ the other.

    sentence: the same for people, as it was set before anything was measured.
    """

    sentence: str
    figure: str
    at_least: float | None = None
    at_most: float | None = None
    against: Sequence[str] = ()

    def judge(self, figure: Figure, found: Medians) -> Verdict:
        own = found.get(CHORUS, {}).get(self.figure)
        if own is None:
            return Verdict(self, None, None)
        measured: float | None = own
        if self.against:
            other = best_of(figure, found, self.against)
            measured = own / other if other else None
        if measured is None:
            return Verdict(self, None, None)
        low = self.at_least is None or measured >= self.at_least
        high = self.at_most is None or measured <= self.at_most
        return Verdict(self, measured, low and high)


Measure = Callable[[Stage, System, Sequence[Sample]], Finding]
"""Given the samples of the same system in earlier rounds."""


@dataclass(frozen=True)
class Case:
    """One thing that is measured.

    figures: the first is the one that ratios are shown of. systems: which are measured unless one asks for others.
    quick: those of a quick run; none, and the case is left out there. rounds: at most so many.
    """

    name: str
    title: str
    what: str
    figures: tuple[Figure, ...]
    systems: tuple[str, ...]
    measure: Measure = field(repr=False)
    targets: tuple[Target, ...] = ()
    quick: tuple[str, ...] = ()
    rounds: int | None = None

    def figure(self, key: str) -> Figure:
        return next(figure for figure in self.figures if figure.key == key)

    def verdicts(self, samples: Sequence[Sample]) -> list[Verdict]:
        """What became of each target. Chorus misses all of them where none of its samples counts, by its own fault."""
        own = [sample for sample in samples if sample.system == CHORUS]
        if any(sample.failed for sample in own) and not any(sample.valid for sample in own):
            return [Verdict(target, None, met=False) for target in self.targets]
        found = medians(samples)
        return [target.judge(self.figure(target.figure), found) for target in self.targets]


def best_of(figure: Figure, found: Medians, systems: Sequence[str]) -> float | None:
    """The best of these systems in this figure; None if none of them has it."""
    values = [found[name][figure.key] for name in systems if figure.key in found.get(name, {})]
    if not values:
        return None
    return max(values) if figure.better == "high" else min(values)
