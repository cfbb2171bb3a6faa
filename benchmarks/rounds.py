"""Rounds: every case on every system, one after another, again and again, so that a slow minute hits them all alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.case import Case
from benchmarks.cases import BLOCKS
from benchmarks.sample import Finding, Sample
from benchmarks.stage import Stage, StageError
from benchmarks.systems import SYSTEMS
from loadtest.engine import EngineError

__all__ = ["Plan", "run"]

FORESEEN = (EngineError, OSError, RuntimeError, StageError, ValueError)
"""What ends one measurement and not the others. Refused clients and servers that do not start are among them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """cases: those asked for. systems: if any are named, only those, also in quick runs.

    blocks: in which order, and which cases find the same session open.
    """

    cases: Sequence[Case]
    rounds: int
    systems: Sequence[str] = ()
    quick: bool = False
    blocks: Sequence[Sequence[Case]] = BLOCKS

    def systems_of(self, case: Case) -> tuple[str, ...]:
        chosen = case.quick if self.quick else case.systems
        return tuple(name for name in case.systems if name in self.systems) if self.systems else chosen

    def steps(self, round_: int) -> Iterator[tuple[Case, str]]:
        """What is measured in this round, from 1, and in which order. Every other round takes the systems backwards."""
        for block in self.blocks:
            cases = [case for case in block if case in self.cases and round_ <= (case.rounds or round_)]
            names = [name for name in SYSTEMS if any(name in self.systems_of(case) for case in cases)]
            for name in names if round_ % 2 else reversed(names):
                yield from ((case, name) for case in cases if name in self.systems_of(case))


def run(plan: Plan, stage: Stage, tell: Callable[[Sample], None]) -> list[Sample]:
    """Measure it all. `tell` hears of each sample as soon as it is there."""
    samples: list[Sample] = []
    for round_ in range(1, plan.rounds + 1):
        for case, name in plan.steps(round_):
            earlier = [sample for sample in samples if (sample.case, sample.system) == (case.name, name)]
            sample = Sample(case.name, name, round_, _find(stage, case, name, earlier))
            samples.append(sample)
            tell(sample)
        stage.leave()
    return samples


def _find(stage: Stage, case: Case, name: str, earlier: Sequence[Sample]) -> Finding:
    try:
        return case.measure(stage, SYSTEMS[name], earlier)
    except FORESEEN as error:
        stage.leave()
        return Finding(faults=[f"failed: {type(error).__name__}: {error}"[:1000]])
