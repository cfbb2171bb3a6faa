"""Moments as numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from realtime.moments import micros


def test_micros_tell_two_neighbours_apart() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
    assert micros(moment + timedelta(microseconds=1)) - micros(moment) == 1


def test_micros_are_the_same_wherever_the_clock_hangs() -> None:
    assert micros(datetime(1970, 1, 1, 2, 0, 1, tzinfo=timezone(timedelta(hours=2)))) == 1_000_000
