"""The one place that reaches into prometheus_client: it has no call for "so many more in each bucket", nor for reading.

The library is pinned by the lock file, and tests/unit/realtime/metrics/test_added.py holds what is touched here. Where
workers count into files (directory.py) these are the same values, so their sums come out right.
"""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import Counter, Histogram

__all__ = ["add_counts", "value_of"]


def add_counts(histogram: Histogram, counts: Sequence[int], total: float) -> None:
    """Count so many more in each bucket, the open one included; total: the sum of what they are."""
    for bucket, count in zip(histogram._buckets, counts, strict=True):
        if count:
            bucket.inc(count)
    histogram._sum.inc(total)


def value_of(counter: Counter) -> int:
    """What this process has counted, not what all workers have."""
    return int(counter._value.get())
