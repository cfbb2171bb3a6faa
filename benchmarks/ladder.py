"""The search for the highest rate that is still good: up in big steps, then between the last good and the first bad."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Climb", "Rung", "climb"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rung(Generic[T]):
    """One rate that was tried."""

    rate: float
    result: T
    good: bool


@dataclass(frozen=True, slots=True)
class Climb(Generic[T]):
    """All that was tried, in that order. best: the highest good one, None if there was none."""

    rungs: tuple[Rung[T], ...]

    @property
    def best(self) -> Rung[T] | None:
        return max((rung for rung in self.rungs if rung.good), key=lambda rung: rung.rate, default=None)


def climb(
    measure: Callable[[float], T],
    good: Callable[[T], bool],
    *,
    start: float,
    lowest: float,
    highest: float,
    factor: float = 2.0,
    refinements: int = 1,
) -> Climb[T]:
    """Measure from `start` upwards, or downwards if that is bad already, each step `factor` times the last.

    Then so many times halfway (of the logarithms) between the last good rate and the first bad one. Assumes that what
    is bad stays bad above.
    """
    rungs: list[Rung[T]] = []

    def good_at(rate: float) -> bool:
        result = measure(rate)
        rungs.append(Rung(rate, result, good(result)))
        return rungs[-1].good

    low, high = _around(good_at, start, lowest, highest, factor)
    if low is not None and high is not None:
        for _ in range(refinements):
            middle = math.sqrt(low * high)
            if good_at(middle):
                low = middle
            else:
                high = middle
    return Climb(tuple(rungs))


def _around(
    good_at: Callable[[float], bool], start: float, lowest: float, highest: float, factor: float
) -> tuple[float | None, float | None]:
    """The last good rate and the first bad one; None where there is no such within the bounds."""
    if good_at(start):
        low, high = start, start * factor
        while high <= highest:
            if not good_at(high):
                return low, high
            low, high = high, high * factor
        return low, None
    low, high = start / factor, start
    while low >= lowest:
        if good_at(low):
            return low, high
        low, high = low / factor, low
    return None, high
