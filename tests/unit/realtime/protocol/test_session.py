"""One connection's state machine, on a clock that is a number."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from realtime.protocol import (
    Auth,
    BadFrame,
    CloseCode,
    ConnectionRefused,
    Invalid,
    Limits,
    NotSubscribed,
    Ping,
    RateLimited,
    RealtimeError,
    Session,
    SessionState,
    Subscribe,
    Unauthenticated,
)

LIMITS = Limits()


def raw(op: str, **fields: Any) -> str:
    return json.dumps({"op": op, **fields})


def ready(limits: Limits = LIMITS) -> Session:
    return Session(limits, now=0.0, user=42)


def test_a_session_with_a_user_is_ready_at_once() -> None:
    session = ready()
    assert session.state is SessionState.READY
    assert session.receive(raw("subscribe", id=1, topic="t"), 0.0) == Subscribe(1, "t")


def test_without_a_user_everything_but_auth_and_ping_is_unauthenticated() -> None:
    session = Session(LIMITS, now=0.0)
    assert session.receive(raw("ping"), 0.0) == Ping()
    for frame in (raw("subscribe", id=1, topic="t"), raw("unsubscribe", id=1, topic="t")):
        with pytest.raises(Unauthenticated) as caught:
            session.receive(frame, 0.0)
        assert caught.value.id == 1
    with pytest.raises(Unauthenticated) as caught:
        session.receive(raw("send", topic="t", event="e", data={}), 0.0)
    assert caught.value.id is None
    assert session.receive(raw("auth", id=1, token="x"), 0.0) == Auth(1, "x")


def test_frames_behind_an_auth_pass_until_it_is_answered_and_are_admitted_then() -> None:
    session = Session(LIMITS, now=0.0)
    session.receive(raw("auth", id=1, token="x"), 0.0)
    waiting = session.receive(raw("subscribe", id=2, topic="t"), 0.0)
    before = session.barrier
    session.authenticated(42)
    session.answered(1)
    assert (before, session.barrier) == (True, False)
    session.admit(waiting)


def test_frames_behind_an_auth_that_failed_are_unauthenticated_after_all() -> None:
    session = Session(LIMITS, now=0.0)
    session.receive(raw("auth", id=1, token="x"), 0.0)
    waiting = session.receive(raw("subscribe", id=2, topic="t"), 0.0)
    session.answered(1)
    with pytest.raises(Unauthenticated) as caught:
        session.admit(waiting)
    assert caught.value.id == 2


def test_an_id_is_free_again_only_when_it_was_answered() -> None:
    session = ready()
    session.receive(raw("subscribe", id=1, topic="a"), 0.0)
    with pytest.raises(BadFrame) as caught:
        session.receive(raw("subscribe", id=1, topic="b"), 0.0)
    assert (caught.value.id, caught.value.field) == (1, "id")
    assert session.unanswered == 1
    session.answered(1)
    session.receive(raw("subscribe", id=1, topic="b"), 0.0)


def test_a_refused_request_leaves_its_id_free() -> None:
    session = ready()
    with pytest.raises(BadFrame):
        session.receive(raw("subscribe", id=1), 0.0)
    assert session.unanswered == 0


def test_no_auth_in_time_is_due_to_close() -> None:
    session = Session(LIMITS, now=100.0)
    assert session.due(109.9) is None
    refused = session.due(110.0)
    assert refused is not None
    assert refused.close_code == CloseCode.AUTH_TIMEOUT


def test_a_token_is_due_when_it_runs_out_unless_it_was_renewed() -> None:
    session = Session(LIMITS, now=0.0)
    session.authenticated(42, expires_at=60.0)
    assert session.due(59.0) is None
    session.authenticated(42, expires_at=120.0)
    assert session.due(61.0) is None
    refused = session.due(120.0)
    assert refused is not None
    assert refused.close_code == CloseCode.TOKEN_EXPIRED


def test_a_session_without_a_token_never_runs_out() -> None:
    assert ready().due(1e9) is None


def test_topics_are_counted_and_the_same_one_twice_is_free() -> None:
    session = ready(Limits(topics=2))
    session.subscribe("a")
    session.subscribe("b")
    session.subscribe("a")
    with pytest.raises(Invalid) as caught:
        session.subscribe("c")
    assert caught.value.field == "topic"
    session.unsubscribe("a")
    session.subscribe("c")
    with pytest.raises(NotSubscribed):
        session.unsubscribe("a")


def test_over_the_rate_a_request_is_told_when_to_come_again_and_passes_then() -> None:
    session = ready(Limits(requests_per_s=10, burst=2))
    session.receive(raw("ping"), 0.0)
    session.receive(raw("ping"), 0.0)
    with pytest.raises(RateLimited) as caught:
        session.receive(raw("unsubscribe", id=9, topic="t"), 0.0)
    assert caught.value.id == 9
    assert caught.value.retry_after_s is not None
    session.receive(raw("unsubscribe", id=9, topic="t"), caught.value.retry_after_s)


def flood(session: Session, frames: int, per_s: float) -> tuple[int, CloseCode | None]:
    """Send pings at a steady pace and ignore the answers; how many were refused, and how it ended if it did."""
    refused = 0
    for n in range(frames):
        try:
            session.receive(raw("ping"), n / per_s)
        except RateLimited:
            refused += 1
        except ConnectionRefused as end:
            return refused, end.close_code
    return refused, None


def test_whoever_ignores_it_for_a_hundred_bursts_is_closed() -> None:
    assert flood(ready(Limits(requests_per_s=1, burst=2)), 1_000, per_s=1e9) == (200, CloseCode.PROTOCOL_ABUSE)


def test_a_flood_is_one_though_some_of_it_is_within_the_rate() -> None:
    refused, end = flood(ready(Limits(requests_per_s=10, burst=2)), 1_000, per_s=100)
    assert (200 < refused < 250, end) == (True, CloseCode.PROTOCOL_ABUSE)


def test_a_client_that_is_a_little_too_fast_is_never_closed() -> None:
    refused, end = flood(ready(Limits(requests_per_s=10, burst=2)), 10_000, per_s=19)
    assert (refused > 4_000, end) == (True, None)


def test_ten_thousand_requests_in_one_go_are_answered() -> None:
    assert flood(ready(Limits()), 10_000, per_s=1e9) == (9_800, None)


def test_fifty_bad_frames_in_a_minute_are_answered_and_one_more_closes() -> None:
    session = ready()
    for n in range(50):
        with pytest.raises(RealtimeError):
            session.receive("nonsense", n * 1.0)
    with pytest.raises(ConnectionRefused) as caught:
        session.receive("nonsense", 59.0)
    assert caught.value.close_code == CloseCode.PROTOCOL_ABUSE


def test_bad_frames_now_and_then_are_answered_for_ever() -> None:
    session = ready()
    for n in range(500):
        with pytest.raises(BadFrame):
            session.receive("nonsense", n * 1.3)


def test_values_that_are_invalid_are_no_abuse() -> None:
    session = ready()
    bad_key = raw("send", id=1, topic="t", event="e", data={}, key="x")
    for n in range(500):
        with pytest.raises(Invalid):
            session.receive(bad_key, n * 0.01)


@given(st.lists(st.binary(max_size=60) | st.text(max_size=60), max_size=50))
def test_fifty_frames_of_anything_are_each_answered(frames: list[str | bytes]) -> None:
    session = ready()
    for n, frame in enumerate(frames):
        with suppress(RealtimeError):  # anything else, a close included, fails this test
            session.receive(frame, n * 0.01)
    assert session.state is SessionState.READY


class WellBehaved(RuleBasedStateMachine):
    """A client that keeps to the page, in any order and at any pace the limits allow, is never refused."""

    @initialize(cookie=st.booleans())
    def connect(self, cookie: bool) -> None:
        self.now = 0.0
        self.next_id = 0
        self.waiting: list[int] = []
        self.session = Session(LIMITS, now=0.0, user=42 if cookie else None)
        if not cookie:
            self.say("auth", token="x")
            self.session.authenticated(42, expires_at=1e9)
            self.answer(first=True)

    def say(self, op: str, **fields: Any) -> None:
        self.now += 1 / LIMITS.requests_per_s
        self.next_id += 1
        self.session.receive(raw(op, id=self.next_id, **fields), self.now)
        self.waiting.append(self.next_id)

    @rule(topic=st.sampled_from("abc"))
    def subscribe(self, topic: str) -> None:
        self.say("subscribe", topic=topic)
        self.session.subscribe(topic)

    @rule(text=st.text())
    def post(self, text: str) -> None:
        text = text.encode("utf-8", "replace").decode()
        self.say("send", topic="a", event="message.post", data={"text": text})

    @rule()
    def renew(self) -> None:
        self.say("auth", token="y")
        self.session.authenticated(42, expires_at=1e9)

    @rule()
    def ping(self) -> None:
        self.now += 0.01
        self.session.receive('{"op":"ping"}', self.now)

    @rule(seconds=st.floats(0, 100))
    def rest(self, seconds: float) -> None:
        self.now += seconds

    @rule(first=st.booleans())
    def answer(self, first: bool) -> None:
        if self.waiting:
            self.session.answered(self.waiting.pop(0 if first else -1))

    @invariant()
    def is_never_to_be_closed(self) -> None:
        if hasattr(self, "session"):
            assert self.session.due(self.now) is None
            assert self.session.unanswered == len(self.waiting)


TestWellBehaved = WellBehaved.TestCase


def test_a_closed_session_holds_nothing_and_hears_nothing() -> None:
    session = ready()
    session.receive(raw("auth", id=1, token="x"), 0.0)
    session.subscribe("a")
    session.closed()
    assert (session.topics, session.unanswered, session.barrier) == (set(), 0, False)
    with pytest.raises(ConnectionRefused):
        session.receive(raw("ping"), 0.0)
