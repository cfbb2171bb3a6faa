"""Latencies as the engine counts them (native/state.h): buckets of at most 1.6 %, from a microsecond to 18 minutes."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["BUCKETS", "Histogram"]

STEPS = 64
FIRST_OCTAVE = 10
OCTAVES = 30
BUCKETS = STEPS * OCTAVES + 1


class Histogram:
    """Counts by bucket. Quantiles are given at a bucket's upper edge, so never better than they were.

    What took less than a microsecond counts as one, what took more than 18 minutes as 18 minutes.
    """

    def __init__(self, counts: Iterable[int]) -> None:
        self._counts = list(counts)
        self.total = sum(self._counts)

    def quantile(self, share: float) -> float:
        """The time in seconds within which `share` (0 to 1) of all came; 0.0 where nothing did."""
        wanted, seen = share * self.total, 0
        for bucket, count in enumerate(self._counts):
            seen += count
            if count and seen >= wanted:
                return _upper_s(bucket)
        return 0.0

    def __add__(self, other: Histogram) -> Histogram:
        return Histogram(mine + theirs for mine, theirs in zip(self._counts, other._counts, strict=True))


def _upper_s(bucket: int) -> float:
    octave, step = divmod(bucket, STEPS)
    return float(2 ** (octave + FIRST_OCTAVE)) * (1 + (step + 1) / STEPS) / 1e9
