"""Limits fire after their time, the most severe is told, and an alert keeps the moment it began."""

from __future__ import annotations

from dashboard.fields import Severity, above
from dashboard.limits import judge, limit_key
from tests.unit.dashboard.sources import StateSource

SOURCE = StateSource()


def judged(x, over, now_ms, y=5.0):
    alerts, over = judge(SOURCE, {"x": x, "y": y}, over, now_ms)
    return [(alert.field, alert.severity, alert.limit, alert.since) for alert in alerts], over


def test_a_limit_fires_once_it_has_been_passed_for_its_time():
    fired, over = judged(11, {}, 1_000)
    assert fired == []
    fired, over = judged(12, over, 2_999)
    assert fired == []
    fired, over = judged(12, over, 3_000)
    assert fired == [("x", Severity.WARNING, 10, 1_000)]
    fired, over = judged(9, over, 4_000)
    assert (fired, over) == ([], {})
    fired, over = judged(12, over, 5_000)
    assert fired == []


def test_of_one_number_the_most_severe_limit_is_told():
    _, over = judged(25, {}, 0)
    fired, _ = judged(25, over, 5_000)
    assert fired == [("x", Severity.CRITICAL, 20, 0)]


def test_what_is_not_known_is_not_past_a_limit():
    assert judged(None, {"x > 10 warning": 0}, 9_000) == ([], {})


def test_the_critical_stand_first():
    _, over = judged(25, {}, 0, y=0.5)
    fired, _ = judged(25, over, 5_000, y=0.5)
    assert [severity for _, severity, *_ in fired] == [Severity.CRITICAL, Severity.WARNING]


def test_limits_that_differ_in_the_seventh_digit_are_two():
    (field, _) = SOURCE.numbers
    assert limit_key(field, above(1_234_567)) != limit_key(field, above(1_234_568))


def test_a_clock_that_was_set_back_keeps_no_limit_from_firing():
    _, over = judged(12, {}, 3_600_000)
    _, over = judged(12, over, 1_000)
    fired, _ = judged(12, over, 3_000)
    assert fired == [("x", Severity.WARNING, 10, 1_000)]
