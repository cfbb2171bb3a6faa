"""What one measurement of one system found, and what several of them come to."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

__all__ = ["VOID", "Finding", "Sample", "medians", "slope"]

VOID = "void: "
"""How the fault of a run begins that says nothing of the server, because the load had no time of its own left."""

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Finding:
    """figures: by the keys of the case. series: curves to be drawn. faults: why it counts for nothing, if it does not.

    notes: what a reader of the figures should know of this measurement.
    """

    figures: Mapping[str, float] = field(default_factory=dict)
    series: Mapping[str, Points] = field(default_factory=dict)
    faults: Sequence[str] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """A finding with where it comes from. round: from 1."""

    case: str
    system: str
    round: int
    finding: Finding

    @property
    def valid(self) -> bool:
        return not self.finding.faults

    @property
    def failed(self) -> bool:
        """Whether it is the system's fault that it does not count."""
        return any(not fault.startswith(VOID) for fault in self.finding.faults)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Sample:
        data = json.loads(line)
        return cls(**{**data, "finding": Finding(**data["finding"])})


def medians(samples: Iterable[Sample]) -> dict[str, dict[str, float]]:
    """For each system, the median of each figure over its samples that count. Those without any are left out."""
    found: dict[str, dict[str, list[float]]] = {}
    for sample in samples:
        if sample.valid:
            figures = found.setdefault(sample.system, {})
            for key, value in sample.finding.figures.items():
                figures.setdefault(key, []).append(value)
    return {
        system: {key: statistics.median(values) for key, values in figures.items()} for system, figures in found.items()
    }


def slope(points: Points) -> float:
    """The exponent k of the best y = c·xᵏ: the slope of a straight line through the logarithms."""
    xs, ys = [math.log(x) for x, _ in points], [math.log(y) for _, y in points]
    return statistics.linear_regression(xs, ys).slope
