"""A steady load: so many messages a second in each room for a while, after a second of the same to warm up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.cases.figures import load_figures
from benchmarks.sample import Finding, Sample
from benchmarks.stage import Load, Setting, Stage
from benchmarks.systems import System

__all__ = ["Steady"]

WARM_UP_S = 1.0


@dataclass(frozen=True)
class Steady:
    """A `Measure`. more: figures of the case's own, from the run."""

    setting: Setting
    per_room_s: float
    length_s: float = 8.0
    quick_length_s: float = 3.0
    more: Callable[[Load], Mapping[str, float]] = lambda _: {}

    def __call__(self, stage: Stage, system: System, _earlier: Sequence[Sample]) -> Finding:
        session, _ = stage.session(system, self.setting)
        session.load(self.per_room_s, WARM_UP_S, grace_s=1.0)
        load = session.load(self.per_room_s, self.quick_length_s if stage.quick else self.length_s)
        if load.faults():
            # What it still has to deliver would be in the way of whoever comes next.
            stage.leave()
        return Finding({**load_figures(load), **self.more(load)}, faults=load.faults())
