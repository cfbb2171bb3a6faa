"""Rates per user over several processes, with the clock and the wire in the test's hands."""

from __future__ import annotations

from realtime.protocol.limits import LimitName
from realtime.rates import UserRate


def test_a_user_may_burst_and_then_has_the_rate() -> None:
    rate = UserRate(LimitName.POSTS_PER_S, per_s=2, burst=3)
    assert [rate.take(1, 0.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert rate.take(1, 0.0) == 0.5
    assert rate.take(1, 0.5) == 0.0


def test_one_user_spends_nothing_of_another() -> None:
    rate = UserRate(LimitName.POSTS_PER_S, per_s=1, burst=1)
    assert rate.take(1, 0.0) == 0.0
    assert rate.take(2, 0.0) == 0.0


def test_what_was_spent_elsewhere_counts_here() -> None:
    here, there = UserRate(LimitName.POSTS_PER_S, per_s=1, burst=4), UserRate(LimitName.POSTS_PER_S, per_s=1, burst=4)
    here.take(1, 0.0)
    for _ in range(3):
        there.take(1, 0.0)
    here.told(there.news(), 0.0)
    assert here.take(1, 0.0) == 1.0


def test_news_is_told_once() -> None:
    rate = UserRate(LimitName.POSTS_PER_S, per_s=1, burst=4)
    rate.take(1, 0.0)
    assert rate.news() == {1: 1}
    assert rate.news() == {}
