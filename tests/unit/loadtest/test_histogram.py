"""Quantiles out of buckets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.histogram import BUCKETS, Histogram


def histogram(**counts: int) -> Histogram:
    return Histogram(counts.get(f"b{bucket}", 0) for bucket in range(BUCKETS))


def test_of_nothing_everything_is_zero():
    assert histogram().quantile(0.5) == histogram().quantile(1.0) == 0.0
    assert histogram().total == 0


def test_a_bucket_is_given_at_its_upper_edge():
    assert histogram(b0=1).quantile(0.5) == pytest.approx(1024 * (1 + 1 / 64) / 1e9)
    assert histogram(b63=1).quantile(0.5) == pytest.approx(2048 / 1e9)
    assert histogram(b64=1).quantile(0.5) == pytest.approx(2048 * (1 + 1 / 64) / 1e9)


def test_a_quantile_is_the_first_bucket_by_which_so_many_had_come():
    some = histogram(b10=90, b20=9, b30=1)
    edges = [histogram(**{f"b{bucket}": 1}).quantile(1) for bucket in (10, 20, 30)]
    assert [some.quantile(share) for share in (0, 0.5, 0.9)] == [edges[0]] * 3
    assert [some.quantile(share) for share in (0.901, 0.95, 0.99)] == [edges[1]] * 3
    assert [some.quantile(share) for share in (0.991, 0.999, 1)] == [edges[2]] * 3


def test_the_last_bucket_holds_what_is_longer_than_any():
    assert histogram(**{f"b{BUCKETS - 1}": 1}).quantile(1) == pytest.approx(2**40 / 1e9, rel=0.02)


def test_two_are_added_bucket_by_bucket():
    both = histogram(b1=2) + histogram(b1=1, b5=3)
    assert both.total == 6
    assert both.quantile(0.5) == histogram(b1=1).quantile(1)
    with pytest.raises(ValueError, match="shorter"):
        histogram() + Histogram([1])


@given(st.lists(st.integers(0, BUCKETS - 1), min_size=1), st.floats(0, 1))
def test_it_never_flatters(buckets, share):
    """At least `share` of all lie at or below the quantile."""
    counts = [0] * BUCKETS
    for bucket in buckets:
        counts[bucket] += 1
    some = Histogram(counts)
    quantile = some.quantile(share)
    below = sum(Histogram(int(at == bucket) for at in range(BUCKETS)).quantile(1) <= quantile for bucket in buckets)
    assert below >= share * len(buckets)
