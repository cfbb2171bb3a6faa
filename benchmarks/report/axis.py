"""Scales: where a value stands between two edges, and which values get a line of the grid."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Linear", "Log", "Scale", "short"]


@dataclass(frozen=True, slots=True)
class Linear:
    """From 0 to `high`. begin, end: where the two stand in the picture."""

    high: float
    begin: float
    end: float

    def at(self, value: float) -> float:
        return self.begin + (self.end - self.begin) * value / self.high

    def ticks(self) -> list[float]:
        """Four to ten round values."""
        step = 10.0 ** math.floor(math.log10(self.high))
        while self.high / step < 4:
            step /= 2 if self.high / step * 2 >= 4 else 5
        return [step * number for number in range(int(self.high / step + 1e-9) + 1)]


@dataclass(frozen=True, slots=True)
class Log:
    """From `low` to `high`, both above 0; each ten times as much takes the same place."""

    low: float
    high: float
    begin: float
    end: float

    @classmethod
    def around(cls, values: list[float], begin: float, end: float) -> Log:
        """With a little room around the values, of which there is at least one."""
        low, high = min(values) / 1.25, max(values) * 1.25
        return cls(low, high, begin, end)

    def at(self, value: float) -> float:
        return self.begin + (self.end - self.begin) * math.log(value / self.low) / math.log(self.high / self.low)

    def ticks(self) -> list[float]:
        """Powers of ten; where there are fewer than three, with their doubles and fives."""
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        for factors in ((1,), (1, 2, 5)):
            found = [factor * 10.0**power for power in powers for factor in factors]
            found = [value for value in found if self.low <= value <= self.high]
            if len(found) >= 3:
                break
        return found


Scale = Linear | Log


def short(value: float) -> str:
    """`300k`, `0.5`: as little as says it."""
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if value >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"
