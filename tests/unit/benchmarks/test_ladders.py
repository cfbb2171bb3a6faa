"""The search for the highest rate, on a server that takes a known one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.ladder import Climb, climb


def tried(limit: float, **options) -> tuple[list[float], float | None]:
    """The rates that were tried and the best, of a server that sustains up to `limit`."""
    options = {"start": 8.0, "lowest": 1.0, "highest": 1_000.0} | options
    climbed: Climb[float] = climb(lambda rate: rate, lambda rate: rate <= limit, **options)
    return [rung.rate for rung in climbed.rungs], climbed.best.rate if climbed.best else None


def test_up_until_it_breaks_then_once_between():
    assert tried(40.0) == ([8, 16, 32, 64, pytest.approx(45.25, abs=0.01)], 32)
    assert tried(50.0) == ([8, 16, 32, 64, pytest.approx(45.25, abs=0.01)], pytest.approx(45.25, abs=0.01))


def test_down_where_the_first_is_too_much_already():
    assert tried(3.0) == ([8, 4, 2, pytest.approx(2.83, abs=0.01)], pytest.approx(2.83, abs=0.01))


def test_what_takes_nothing_has_no_best():
    assert tried(0.5) == ([8, 4, 2, 1], None)


def test_the_highest_is_not_passed():
    assert tried(1e9, highest=30.0) == ([8, 16], 16)


def test_refined_as_often_as_asked():
    rates, best = tried(50.0, refinements=3)
    assert len(rates) == 4 + 3
    assert best == pytest.approx(49.35, abs=0.01)


@given(st.floats(1.0, 900.0), st.floats(1.0, 900.0), st.integers(0, 5))
def test_the_best_is_good_and_as_near_to_the_limit_as_the_steps_are(limit, start, refinements):
    _, best = tried(limit, start=start, refinements=refinements, lowest=0.001, highest=10_000.0)
    assert best is not None
    assert best <= limit < best * 2 ** (0.5**refinements) * 1.000001
