"""What is added up aside, and how it comes to Prometheus."""

from __future__ import annotations

import pytest

from realtime.metrics import BOUNDS_S, move, quantile, tally
from realtime.metrics.tally import COUNTED, Spread, Tally
from tests.unit.realtime.metrics.readings import Moved


@pytest.fixture(autouse=True)
def _moved():
    """What other tests left goes first."""
    move()


def test_a_flush_counts_its_whole_audience_at_once():
    mine = Tally()
    mine.delivered(events=3, sockets=500, size=120)
    assert (mine.deliveries, mine.frames_out, mine.bytes_out) == (1500, 1500, 60_000)


def test_a_size_falls_into_the_first_bucket_that_holds_it_and_the_longest_into_the_open_one():
    spread = Spread((1.0, 2.0))
    for size in (0.5, 1.0, 1.5, 2.0, 9.0):
        spread.add(size)
    assert (spread.counts, spread.total) == ([2, 2, 1], 14.0)


def test_what_would_have_come_before_it_was_made_took_no_time():
    spread = Spread((1.0,))
    spread.add(-3.0)
    assert (spread.counts, spread.total) == ([1, 0], 0.0)


@pytest.mark.parametrize("name", sorted(set(COUNTED) - {"recoveries", "snapshots_instead"}))
def test_what_is_tallied_comes_to_its_metric_once(name):
    moved = Moved(f"chorus_{name}_total")
    setattr(tally, name, getattr(tally, name) + 7)
    assert moved() == 0
    move()
    move()
    assert moved() == 7


def test_recoveries_count_by_what_they_got():
    recovered, snapshot = (Moved("chorus_recoveries_total", result=result) for result in ("recovered", "snapshot"))
    tally.recoveries += 2
    tally.snapshots_instead += 1
    move()
    assert (recovered(), snapshot()) == (2, 1)


def test_delays_come_to_the_histogram_in_the_same_buckets():
    within = {bound: Moved("chorus_ack_seconds_bucket", le=str(bound)) for bound in (0.0005, 0.001, 0.05)}
    count, total = Moved("chorus_ack_seconds_count"), Moved("chorus_ack_seconds_sum")
    for seconds in (0.0008, 0.04, 77.0):
        tally.ack.add(seconds)
    move()
    assert {bound: moved() for bound, moved in within.items()} == {0.0005: 0, 0.001: 1, 0.05: 2}
    assert (count(), total()) == (3, pytest.approx(77.0408))


# --- quantiles ----------------------------------------------------------------------------------------


def counts(**by_bound: int) -> list[int]:
    found = [0] * (len(BOUNDS_S) + 1)
    for bound, count in by_bound.items():
        found[BOUNDS_S.index(float(bound[1:].replace("_", ".")))] = count
    return found


def test_of_nothing_there_is_no_quantile():
    assert quantile(counts(), 0.5) is None


def test_a_quantile_is_interpolated_within_its_bucket():
    spread = counts(b0_01=50, b0_1=50)
    assert quantile(spread, 0.25) == pytest.approx(0.00875)  # the bucket begins at 7.5 ms
    assert quantile(spread, 0.5) == pytest.approx(0.01)
    assert quantile(spread, 0.99) == pytest.approx(0.075 + 0.025 * 0.98)


def test_beyond_the_last_bound_it_is_that_bound():
    assert quantile([0] * len(BOUNDS_S) + [5], 0.5) == BOUNDS_S[-1]
