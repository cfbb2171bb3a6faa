"""The token bucket, on a clock that is a number."""

import math

from hypothesis import given
from hypothesis import strategies as st

from realtime.protocol import TokenBucket
from realtime.protocol.limits import retry_after


def test_a_burst_passes_and_the_next_is_told_how_long_to_wait() -> None:
    bucket = TokenBucket(rate=10, burst=3, now=0.0)
    assert [bucket.take(0.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert math.isclose(bucket.take(0.0), 0.1)


def test_whoever_waits_as_long_as_told_is_let_through() -> None:
    bucket = TokenBucket(rate=7, burst=1, now=0.0)
    bucket.take(0.0)
    wait_s = bucket.take(0.02)
    assert bucket.take(0.02 + wait_s * 0.9) > 0
    assert bucket.take(0.02 + wait_s + 1e-9) == 0.0


@given(st.floats(0, 10), st.integers(1, 3_000))
def test_what_a_client_is_told_to_wait_is_never_too_short_and_never_nothing(then: float, rate: int) -> None:
    bucket = TokenBucket(rate, burst=1, now=then)
    bucket.take(then)
    told_s = retry_after(bucket.take(then))
    assert 0 < told_s < 1 / rate + 0.0011
    assert bucket.take(then + told_s) == 0.0


def test_a_refusal_takes_nothing() -> None:
    bucket = TokenBucket(rate=1, burst=1, now=0.0)
    bucket.take(0.0)
    for _ in range(100):
        assert bucket.take(0.5) > 0
    assert bucket.take(1.0) == 0.0


def test_rest_fills_it_to_the_burst_and_no_further() -> None:
    bucket = TokenBucket(rate=10, burst=3, now=0.0)
    for _ in range(3):
        bucket.take(0.0)
    assert [bucket.take(1e6) == 0.0 for _ in range(4)] == [True, True, True, False]


def test_a_clock_that_steps_back_adds_nothing() -> None:
    bucket = TokenBucket(rate=10, burst=1, now=100.0)
    bucket.take(100.0)
    assert bucket.take(50.0) > 0
    assert bucket.take(100.1) == 0.0


def test_more_than_the_burst_never_fits() -> None:
    assert TokenBucket(rate=10, burst=3, now=0.0).take(0.0, n=4) == math.inf


@given(st.lists(st.floats(0, 0.5), max_size=200), st.integers(1, 50), st.integers(1, 20))
def test_no_stretch_of_time_lets_more_through_than_burst_and_rate(pauses: list[float], rate: int, burst: int) -> None:
    bucket, now, passed = TokenBucket(rate, burst, 0.0), 0.0, 0
    for pause in pauses:
        now += pause
        passed += bucket.take(now) == 0.0
    assert passed <= burst + rate * now + 1e-6
