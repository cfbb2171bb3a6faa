"""`chat/<slug>` as a client meets it: the real hub, log and database, without the socket."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from accounts.models import User
from chat import limits, services
from chat.consumers import gathered
from chat.models import Membership, Room, Status
from realtime.identity import identity_of
from realtime.protocol.errors import (
    Conflict,
    Forbidden,
    Invalid,
    Muted,
    NotFound,
    NotSubscribed,
    RateLimited,
)
from realtime.protocol.frames import Event, Unsubscribed
from realtime.testing import TopicClient

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("engine")]

Enter = Callable[[User], Any]


@pytest.fixture(autouse=True)
def quick(settings, monkeypatch) -> None:
    settings.REALTIME = {"CHECK_EVERY_S": 0.1, "POSTS_PER_S": 1, "POSTS_BURST": 5}
    monkeypatch.setattr(limits, "_posts", limits.PostLimit())


@pytest.fixture
async def enter() -> AsyncIterator[Enter]:
    """Connects somebody."""
    clients: list[TopicClient] = []

    async def connect(user: User) -> TopicClient:
        client = TopicClient(identity_of(user))
        await client.__aenter__()
        clients.append(client)
        return client

    yield connect
    for client in clients:
        await client.__aexit__(None, None, None)


def topic(room: Room) -> str:
    return f"chat/{room.slug}"


async def call(service: Callable[..., Any], **arguments: Any) -> Any:
    """A service, as a page or a command calls it."""
    return await sync_to_async(service)(**arguments)


# --- snapshot and recovery ------------------------------------------------------------------------


async def test_who_comes_sees_the_last_fifty_oldest_first(enter, room, ada) -> None:
    for number in range(52):
        await call(services.message_post, room=room, author=ada, text=str(number))
    client = await enter(ada)
    state = await client.subscribe(topic(room))
    snapshot = state["snapshot"]
    assert [message["text"] for message in snapshot["messages"]] == [str(number) for number in range(2, 52)]
    assert snapshot["has_more"] is True
    assert snapshot["me"] == {"role": "member", "muted_until": None, "last_read_no": 52}
    assert snapshot["room"]["last_seq"] == state["seq"] == 53
    assert (state["recovered"], state["events"], state["epoch"]) == (False, [], room.epoch)


async def test_what_one_posts_the_others_get(enter, room, ada, ben) -> None:
    writer, reader = await enter(ada), await enter(ben)
    for client in (writer, reader):
        await client.subscribe(topic(room))
    key = str(uuid.uuid4())
    reply = await writer.send(topic(room), "message.post", {"text": "hello"}, key=key.upper())
    for client in (writer, reader):
        event = await client.event("message")
        assert (event.seq, event.data["text"], event.data["key"]) == (reply["seq"], "hello", key)
        assert event.data["author"] == {"id": ada.pk, "name": "ada"}
    assert reply == {"id": event.data["id"], "seq": 2, "created_at": event.data["created_at"], "duplicate": False}


async def test_who_was_away_is_told_what_changed(enter, room, ada) -> None:
    client = await enter(ada)
    state = await client.subscribe(topic(room))
    await client.unsubscribe(topic(room))
    posted = await call(services.message_post, room=room, author=ada, text="one")
    await call(services.message_edit, room=room, author=ada, message_id=posted.id, text="two")
    state = await client.subscribe(topic(room), since=(state["epoch"], state["seq"]))
    assert (state["recovered"], state["snapshot"], state["seq"]) == (True, None, 3)
    assert [(event["event"], event["seq"]) for event in state["events"]] == [("room", 1), ("message", 3)]
    assert state["events"][1]["data"]["text"] == "two"


async def test_a_crowd_that_comes_in_reads_the_room_once_while_nothing_happens(
    enter, room, ada, ben, monkeypatch
) -> None:
    reads = []
    read = gathered._snapshot
    monkeypatch.setattr(gathered, "_snapshot", lambda slug: (reads.append(slug), read(slug))[1])
    first = await enter(ada)
    await first.subscribe(topic(room))
    again = await (await enter(ada)).subscribe(topic(room))
    assert (again["snapshot"]["messages"], len(reads)) == ([], 1)
    await first.send(topic(room), "message.post", {"text": "new"})
    state = await (await enter(ben)).subscribe(topic(room))
    assert [message["text"] for message in state["snapshot"]["messages"]] == ["new"]
    assert len(reads) == 2


@pytest.mark.parametrize("since", [("another", 0), (None, 7)])
async def test_a_position_the_log_does_not_know_gets_a_fresh_snapshot(enter, room, ada, since) -> None:
    client = await enter(ada)
    state = await client.subscribe(topic(room), since=(since[0] or room.epoch, since[1]))
    assert state["recovered"] is False
    assert state["snapshot"]["messages"] == []


async def test_posts_sent_without_waiting_are_answered_in_order(enter, room, ada) -> None:
    client = await enter(ada)
    await client.subscribe(topic(room))
    sent = [client.send(topic(room), "message.post", {"text": str(number)}) for number in range(5)]
    replies = await asyncio.gather(*sent)
    assert [reply["seq"] for reply in replies] == [2, 3, 4, 5, 6]


async def test_what_another_process_wrote_arrives_without_being_told(enter, room, ada, monkeypatch) -> None:
    client = await enter(ada)
    await client.subscribe(topic(room))
    monkeypatch.setattr("chat.log.announce.publish", lambda publications: None)
    await call(services.message_post, room=room, author=ada, text="silent")
    assert (await client.event("message")).data["text"] == "silent"


# --- refusals -------------------------------------------------------------------------------------


async def test_absent_private_and_impossible_rooms_are_the_same_answer(enter, make_room, ada, ben) -> None:
    secret = await call(make_room, owner=ada, visibility="private")
    client = await enter(ben)
    answers = set()
    for name in (topic(secret), "chat/nowhere", "chat/" + "x" * 500, "chat/Nö", "nothing/at/all"):
        with pytest.raises(NotFound) as refused:
            await client.subscribe(name)
        answers.add(str(refused.value))
    assert len(answers) == 1


async def test_a_private_room_is_as_absent_on_recovery(enter, make_room, ada, ben) -> None:
    secret = await call(make_room, owner=ada, visibility="private")
    with pytest.raises(NotFound):
        await (await enter(ben)).subscribe(topic(secret), since=(secret.epoch, 0))


@pytest.mark.parametrize(
    ("event", "data", "field"),
    [
        ("message.post", {"text": ""}, "text"),
        ("message.post", {"text": " \u3000\n"}, "text"),
        ("message.post", {"text": "x" * 4_001}, "text"),
        ("message.post", {"text": "a\0b"}, "text"),
        ("message.post", {"text": 7}, "text"),
        ("message.post", {}, "text"),
        ("message.post", {"text": "x", "room": "other"}, "room"),
        ("message.post", {"text": "x", "reply_to": 0}, "reply_to"),
        ("message.post", {"text": "x", "reply_to": 2**53}, "reply_to"),
        ("message.post", {"text": "x", "reply_to": 2**53 - 1}, "reply_to"),
        ("message.edit", {"id": 1, "text": ""}, "text"),
        ("message.edit", {"id": "1", "text": "x"}, "id"),
        ("message.delete", {"id": -1}, "id"),
        ("read", {"no": -1}, "no"),
        ("nothing", {}, "event"),
    ],
)
async def test_bad_input_is_refused_by_its_field_and_loses_nothing(enter, room, ada, event, data, field) -> None:
    client = await enter(ada)
    await client.subscribe(topic(room))
    with pytest.raises(Invalid) as refused:
        await client.send(topic(room), event, data)
    assert refused.value.field == field
    await client.send(topic(room), "message.post", {"text": "after"})


async def test_a_key_with_another_text_is_a_conflict(enter, room, ada) -> None:
    client = await enter(ada)
    await client.subscribe(topic(room))
    key = str(uuid.uuid4())
    first = await client.send(topic(room), "message.post", {"text": "a"}, key=key)
    again = await client.send(topic(room), "message.post", {"text": "a"}, key=key)
    assert again == {**first, "duplicate": True}
    with pytest.raises(Conflict):
        await client.send(topic(room), "message.post", {"text": "b"}, key=key)


async def test_nobody_posts_where_they_are_not_subscribed(enter, room, ada) -> None:
    with pytest.raises(NotSubscribed):
        await (await enter(ada)).send(topic(room), "message.post", {"text": "x"})


async def test_posts_over_the_rate_are_refused_over_all_connections_of_a_user(enter, room, ada) -> None:
    clients = [await enter(ada), await enter(ada)]
    for client in clients:
        await client.subscribe(topic(room))
    for number in range(5):
        await clients[number % 2].send(topic(room), "message.post", {"text": "x"})
    for client in clients:
        with pytest.raises(RateLimited) as refused:
            await client.send(topic(room), "message.post", {"text": "x"})
        assert 0 < refused.value.retry_after_s <= 1


async def test_a_refusal_is_repeated_until_the_rights_change(enter, room, ada) -> None:
    client = await enter(ada)
    await client.subscribe(topic(room))
    await client.send(topic(room), "message.post", {"text": "x"})
    from datetime import UTC, datetime

    muted = Membership.objects.filter(user=ada)
    await muted.aupdate(muted_until=datetime(2100, 1, 1, tzinfo=UTC))
    for _ in range(2):
        with pytest.raises(Muted):
            await client.send(topic(room), "message.post", {"text": "x"})
    await muted.aupdate(muted_until=None)
    await call(services.member_set_role, room=room, by=None, user=ada, role="moderator")
    async with asyncio.timeout(5):
        while True:
            try:
                await client.send(topic(room), "message.post", {"text": "x"})
            except Muted:
                await asyncio.sleep(0.02)
            else:
                break


# --- edits, reads, typing -------------------------------------------------------------------------


async def test_edits_and_deletions_are_events_of_the_same_message(enter, room, ada) -> None:
    client = await enter(ada)
    await client.subscribe(topic(room))
    posted = await client.send(topic(room), "message.post", {"text": "helo"})
    edited = await client.send(topic(room), "message.edit", {"id": posted["id"], "text": "hello"})
    deleted = await client.send(topic(room), "message.delete", {"id": posted["id"]})
    assert [edited, deleted] == [{"seq": 3, "duplicate": False}, {"seq": 4, "duplicate": False}]
    events = [await client.event("message") for _ in range(3)]
    assert [(event.seq, event.data["text"]) for event in events] == [(2, "helo"), (3, "hello"), (4, None)]
    assert {event.data["id"] for event in events} == {posted["id"]}


async def test_reading_is_answered_and_kept(enter, room, ada, ben) -> None:
    await call(services.member_join, room=room, user=ben)
    await call(services.message_post, room=room, author=ada, text="x")
    client = await enter(ben)
    await client.subscribe(topic(room))
    assert await client.send(topic(room), "read", {"no": 1}) == {}
    assert (await Membership.objects.aget(user=ben)).last_read_no == 1


async def test_typing_is_told_to_the_others_and_never_stored(enter, room, ada, ben) -> None:
    writer, same, reader = await enter(ada), await enter(ada), await enter(ben)
    for client in (writer, same, reader):
        await client.subscribe(topic(room))
    writer.put({"op": "send", "topic": topic(room), "event": "typing", "data": {"active": True}})
    event = await reader.event("typing")
    assert (event.seq, event.data) == (None, {"user": {"id": ada.pk, "name": "ada"}, "active": True})
    await writer.unsubscribe(topic(room))
    assert (await reader.event("typing")).data["active"] is False
    assert writer.pending() == same.pending() == []
    assert (await Room.objects.aget(pk=room.pk)).last_seq == 0


async def test_typing_is_told_at_most_so_often(enter, room, ada, ben) -> None:
    writer, reader = await enter(ada), await enter(ben)
    for client in (writer, reader):
        await client.subscribe(topic(room))
    for number in range(20):
        writer.put({"op": "send", "topic": topic(room), "event": "typing", "data": {"active": number % 2 == 0}})
    await writer.send(topic(room), "message.post", {"text": "x"})
    await reader.event("message")
    assert sum(isinstance(frame, Event) and frame.event == "typing" for frame in reader.frames) <= 5


async def test_who_may_not_write_is_not_seen_typing(enter, make_room, ada, ben) -> None:
    room = await call(make_room, owner=ben, read_only=True)
    writer, reader = await enter(ada), await enter(ben)
    for client in (writer, reader):
        await client.subscribe(topic(room))
    writer.put({"op": "send", "topic": topic(room), "event": "typing", "data": {"active": True}})
    await reader.send(topic(room), "message.post", {"text": "x"})
    await reader.event("message")
    assert not any(isinstance(frame, Event) and frame.event == "typing" for frame in reader.frames)


# --- losing the right -----------------------------------------------------------------------------


async def test_who_leaves_a_private_room_is_unsubscribed_and_nobody_else(enter, make_room, ada, ben) -> None:
    room = await call(make_room, owner=ada, visibility="private")
    await call(services.member_invite, room=room, by=ada, user=ben)
    owner, leaver = await enter(ada), await enter(ben)
    for client in (owner, leaver):
        await client.subscribe(topic(room))
    await call(services.member_leave, room=room, user=ben)
    ended = await _ended(leaver)
    assert (ended.topic, ended.code) == (topic(room), "removed")
    with pytest.raises(NotSubscribed):
        await leaver.send(topic(room), "message.post", {"text": "x"})
    with pytest.raises(NotFound):
        await leaver.subscribe(topic(room))
    await owner.send(topic(room), "message.post", {"text": "x"})
    assert not any(isinstance(frame, Unsubscribed) for frame in owner.frames)


async def test_a_room_that_turns_private_sends_strangers_away(enter, room, ada) -> None:
    client = await enter(ada)
    await client.subscribe(topic(room))
    await call(services.room_update, room=room, by=None, visibility="private")
    assert (await _ended(client)).code == "removed"


async def test_a_ban_sends_away_and_a_mute_ends_typing_and_posting_at_once(enter, room, ada, ben, person) -> None:
    banned, muted, reader = await enter(ada), await enter(ben), await enter(await call(person))
    for client in (banned, muted, reader):
        await client.subscribe(topic(room))
    await call(services.member_restrict, room=room, by=None, user=ada, banned=True)
    assert (await _ended(banned)).code == "banned"
    until = datetime.now(UTC) + timedelta(hours=1)
    await call(services.member_restrict, room=room, by=None, user=ben, muted_until=until)
    with pytest.raises(Muted):
        await muted.send(topic(room), "message.post", {"text": "x"})
    assert (await muted.subscribe(topic(room)))["snapshot"]["me"]["muted_until"] is not None
    muted.put({"op": "send", "topic": topic(room), "event": "typing", "data": {"active": True}})
    await call(services.message_post, room=room, author=await call(person), text="x")
    await reader.event("message")
    assert not any(isinstance(frame, Event) and frame.event == "typing" for frame in reader.frames)


async def test_a_ban_that_no_signal_told_holds_after_the_next_check(enter, room, ada) -> None:
    client = await enter(ada)
    await client.subscribe(topic(room))
    await call(services.member_join, room=room, user=ada)
    await Membership.objects.aupdate(status=Status.BANNED)
    await Room.objects.aupdate(access_version=2)
    assert (await _ended(client)).code == "banned"
    with pytest.raises(Forbidden):
        await client.subscribe(topic(room))


async def _ended(client: TopicClient) -> Unsubscribed:
    while not isinstance(frame := await client.event(), Unsubscribed):
        pass
    return frame
