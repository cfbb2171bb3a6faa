"""The small parts: how often one may post, whose rights moved, how moments are written, what a key stands for."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.consumers.watch import AccessWatch
from chat.limits import PostLimit, take_post
from chat.log import Delete, Edit, Post
from chat.serialize import utc_text, whole_ms
from realtime.protocol.errors import Invalid, RateLimited

KEY = uuid.UUID(int=1)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


# --- posts a second -------------------------------------------------------------------------------


def test_a_user_posts_a_burst_and_then_at_the_rate(settings) -> None:
    settings.REALTIME = {"POSTS_PER_S": 2, "POSTS_BURST": 3}
    clock = Clock()
    limit = PostLimit(clock)
    for _ in range(3):
        limit.take(1)
    with pytest.raises(RateLimited) as refused:
        limit.take(1)
    assert refused.value.retry_after_s == 0.5
    limit.take(2)
    clock.now += 0.5
    limit.take(1)


def test_a_load_account_posts_without_a_limit() -> None:
    for _ in range(1_000):
        take_post(1, exempt=True)


# --- whose rights moved ---------------------------------------------------------------------------


def test_a_room_whose_version_moved_is_named_once() -> None:
    watch = AccessWatch(Clock())
    watch.checked("a", 3)
    assert watch.moved({"a": 3}) == []
    assert watch.moved({"a": 4, "b": 9}) == ["a"]
    assert watch.moved({"a": 4, "b": 9}) == []


def test_one_let_in_later_does_not_hide_what_an_earlier_one_missed() -> None:
    watch = AccessWatch(Clock())
    watch.checked("a", 3)
    watch.checked("a", 4)
    assert watch.moved({"a": 4}) == ["a"]


def test_what_a_signal_told_is_not_told_again() -> None:
    watch = AccessWatch(Clock())
    watch.checked("a", 3)
    watch.rechecked("a", 4)
    assert watch.moved({"a": 4}) == []


def test_rooms_nobody_is_in_are_forgotten() -> None:
    clock = Clock()
    watch = AccessWatch(clock)
    watch.checked("a", 3)
    clock.now += 1_000
    assert watch.moved({}) == []
    assert watch.moved({"a": 4}) == []


# --- moments --------------------------------------------------------------------------------------


@given(st.integers(0, 4_000_000_000_000_000))
def test_a_moment_is_shown_as_it_is_stored(microseconds: int) -> None:
    stored = whole_ms(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds))
    text = utc_text(stored)
    assert text.endswith("Z")
    assert len(text) == len("2026-01-02T03:04:05.678Z")
    assert datetime.fromisoformat(text) == stored


def test_moments_are_shown_in_utc() -> None:
    assert utc_text(datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=2)))) == "2026-01-02T01:00:00.000Z"
    assert utc_text(None) is None


# --- keys -----------------------------------------------------------------------------------------


def test_a_change_cannot_exist_with_a_text_that_cannot_be() -> None:
    with pytest.raises(Invalid):
        Post(room_id=1, author_id=1, text="  ")
    with pytest.raises(Invalid):
        Edit(room_id=1, author_id=1, message_id=1, text="")


def test_equal_intents_have_equal_digests_and_others_do_not() -> None:
    intents = [
        Post(room_id=1, author_id=1, text="a"),
        Post(room_id=1, author_id=1, text="b"),
        Post(room_id=1, author_id=1, text="a", reply_to=7),
        Edit(room_id=1, author_id=1, message_id=7, text="a"),
        Edit(room_id=1, author_id=1, message_id=8, text="a"),
        Delete(room_id=1, author_id=1, message_id=7),
    ]
    assert len({intent.digest() for intent in intents}) == len(intents)
    assert Post(room_id=1, author_id=1, text="a", key=KEY).digest() == intents[0].digest()
