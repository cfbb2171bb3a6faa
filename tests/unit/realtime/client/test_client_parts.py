"""The pure parts: backoff, cursor, merge, and the real socket's translation of errors."""

import itertools
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime import client as package
from realtime.client import Received, RoomState
from realtime.client.backoff import backoff, backoff_after
from realtime.client.cursor import Cursor, Verdict
from realtime.client.states import Reason
from realtime.client.transport import Address, DialError, dial
from realtime.protocol import Since


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_backoff_stays_below_a_ceiling_that_doubles_up_to_the_cap(attempt: int, chance: float) -> None:
    wait_s = backoff(attempt, lambda: chance)
    assert 0 <= wait_s <= min(20.0, 0.5 * 2.0 ** min(attempt, 100))


def test_backoff_uses_the_whole_range() -> None:
    assert [backoff(3, lambda: 0.0), backoff(3, lambda: 0.5), backoff(3, lambda: 1.0)] == [0.0, 2.0, 4.0]


def test_a_wait_that_was_asked_for_is_kept_in_full() -> None:
    assert [backoff_after(9, lambda: 0.0, 12), backoff_after(9, lambda: 1.0, 12)] == [12.0, 12.5]


@pytest.mark.parametrize(
    ("seq", "prev", "verdict"),
    [
        (9, None, Verdict.DROP),
        (10, None, Verdict.DROP),
        (10, 3, Verdict.DROP),
        (11, None, Verdict.TAKE),
        (12, None, Verdict.HOLE),
        (12, 10, Verdict.TAKE),
        (12, 4, Verdict.TAKE),
        (12, 11, Verdict.HOLE),
    ],
)
def test_the_rule_of_prev(seq: int, prev: int | None, verdict: Verdict) -> None:
    cursor = Cursor()
    cursor.position = Since("e", 10)
    assert cursor.take(seq, prev) is verdict
    assert cursor.position == Since("e", seq if verdict is Verdict.TAKE else 10)


def test_without_a_position_everything_is_a_hole() -> None:
    assert Cursor().take(1) is Verdict.HOLE


def message(id: int, seq: int, **more: Any) -> dict[str, Any]:
    return {"id": id, "seq": seq, "posted_seq": id, "post_no": id, "text": f"{id}@{seq}", **more}


def snapshot(*messages: dict[str, Any]) -> dict[str, Any]:
    return {
        "room": {"name": "General", "last_no": 0},
        "messages": list(messages),
        "has_more": False,
        "me": {"role": "member"},
    }


def test_a_room_begins_with_its_snapshot() -> None:
    state = RoomState().apply(Received("snapshot", snapshot(message(1, 1), message(2, 5)), 5))
    assert [m["text"] for m in state.messages] == ["1@1", "2@5"]
    assert (state.seq, state.last_no, state.me, state.room_seq) == (5, 2, {"role": "member"}, 5)


def test_a_newer_version_replaces_in_place_and_an_older_one_does_nothing() -> None:
    state = RoomState.of(snapshot(message(1, 1), message(2, 2)), 2)
    edited = state.apply(Received("message", message(1, 3), 3))
    assert [m["text"] for m in edited.messages] == ["1@3", "2@2"]
    assert edited.apply(Received("message", message(1, 1), 1)) is edited
    assert [m["text"] for m in state.messages] == ["1@1", "2@2"]


def test_the_room_itself_is_replaced_by_a_newer_one_only() -> None:
    state = RoomState.of(snapshot(), 4)
    renamed = state.apply(Received("room", {"name": "Lobby", "last_no": 9}, 5))
    assert (renamed.room, renamed.room_seq, renamed.last_no) == ({"name": "Lobby", "last_no": 9}, 5, 9)
    assert renamed.apply(Received("room", {"name": "Old", "last_no": 0}, 4)) is renamed


def test_other_events_change_nothing() -> None:
    state = RoomState.of(snapshot(), 4)
    assert state.apply(Received("typing", {"active": True})) is state


def test_a_page_of_history_joins_what_is_there_without_undoing_it() -> None:
    state = RoomState.of(snapshot(message(3, 7)), 7)
    state = state.with_messages([message(3, 3), message(2, 2), message(1, 1)])
    assert [m["text"] for m in state.messages] == ["1@1", "2@2", "3@7"]
    assert state.seq == 7
    versions = [message(4, 9), message(4, 12), message(4, 11)]
    assert [m["text"] for m in state.with_messages(versions).messages][-1] == "4@12"


@given(st.lists(st.tuples(st.integers(1, 6), st.booleans()), max_size=20), st.integers(), st.integers(0, 20))
def test_snapshot_before_and_events_give_the_snapshot_after_in_any_order_and_number(
    changes: list[tuple[int, bool]], seed: int, cut: int
) -> None:
    log = [message(id, seq, deleted=gone) for seq, (id, gone) in enumerate(changes, 1)]
    events = [Received("message", m, m["seq"]) for m in log]

    def state_at(seq: int) -> RoomState:
        newest = {m["id"]: m for m in log[:seq]}
        return RoomState.of(snapshot(*newest.values()), seq)

    arrived = events[cut:] * 2
    random.Random(seed).shuffle(arrived)
    state = state_at(cut)
    for event in arrived:
        state = state.apply(event)
    after = state_at(len(log))
    assert state.messages == after.messages
    assert state.last_no == after.last_no


async def test_an_address_that_is_none_is_told_apart_from_a_server_that_is_away() -> None:
    with pytest.raises(DialError) as caught:
        await dial(Address("http://127.0.0.1/ws/", {}))
    assert caught.value.reason is Reason.BAD_URL


def test_the_package_exports_what_it_says() -> None:
    assert package.__all__ == sorted(package.__all__)
    assert all(hasattr(package, name) for name in package.__all__)
    assert len(set(itertools.chain(package.__all__))) == len(package.__all__)
