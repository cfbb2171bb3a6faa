"""Every change once, in order, to everybody: to who joins while others post, comes back, or is cut off half-way.

On one worker, on two, and under Daphne.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import sqlite3
import time
import uuid
from collections.abc import Iterator

import psycopg
import pytest

from tests.integration.realtime.sockets import WITHIN_S, Hall, Sock, open_hall
from tests.support.chorus import ChorusServer

RECOVER_CHANGES = 500
RECOVER_BYTES = 262_144

# Load accounts, for how often one may post is another module's subject; and rooms with a past.
PAST = """
User.objects.filter(pk__in=[one.pk for one in user.values()]).update(is_load_account=True)
from django.db import transaction
from chat.log import Post, append
def fill(room, texts):
    for start in range(0, len(texts), 200):
        with transaction.atomic():
            append([Post(room_id=room.pk, author_id=user["ada"].pk, text=text) for text in texts[start:start + 200]])
fill(room["long"], [f"post {n}" for n in range(600)])
fill(room["wide"], ["x" * 4000] * 100)
"""


@pytest.fixture(scope="module")
def hall(chorus) -> Hall:
    return open_hall(chorus, "ada ben cleo", "join long wide upserts cut locked other", PAST)


def told_after(one: Sock, topic: str, reply: dict) -> list[int]:
    """The seqs of the events that came after a reply to `subscribe`."""
    start = next(number for number, frame in enumerate(one.frames) if frame.get("data") is reply)
    return [frame["seq"] for frame in one.frames[start:] if (frame["op"], frame.get("topic")) == ("event", topic)]


# --- joining --------------------------------------------------------------------------------------


async def test_fifty_who_join_while_others_post_miss_nothing_and_get_nothing_twice(hall):
    topic, chance = hall.topic("join"), random.Random(11)
    numbers = itertools.count()
    last = asyncio.get_running_loop().create_future()

    async def post_on(one: Sock) -> int:
        await one.done("subscribe", topic=topic)
        seq = 0
        while not joined.done():
            # Some at once, some alone: both what is gathered and what goes out at once.
            ids = [
                await one.begin("send", topic=topic, event="message.post", data={"text": f"{next(numbers)}"})
                for _ in range(chance.choice([1, 1, 20]))
            ]
            for number in ids:
                seq = (await one.until(lambda frame, number=number: frame.get("id") == number))["data"]["seq"]
            # Within the hundred requests a second that a connection has.
            await asyncio.sleep(0.01 * len(ids))
        return seq

    async def join(one: Sock) -> None:
        await asyncio.sleep(chance.random() * 1.5)
        first = await one.done("subscribe", topic=topic)
        await asyncio.sleep(chance.random() / 4)
        # Half of them once more, as one comes back who was away for a moment.
        since = {"epoch": first["epoch"], "seq": first["seq"]} if chance.random() < 0.5 else None
        await one.done("unsubscribe", topic=topic)
        gone = len(one.frames)
        await asyncio.sleep(chance.random() / 4)
        assert [frame for frame in one.frames[gone:] if frame["op"] == "event"] == []
        again = await one.done("subscribe", topic=topic, **({} if since is None else {"since": since}))
        top = await last
        if again["seq"] < top:
            await one.sees(topic, top)
        await one.pong()
        expected = list(range(again["seq"] + 1, top + 1))
        assert told_after(one, topic, again) == expected
        if since is not None:
            assert again["recovered"]
            assert [event["seq"] for event in again["events"]] == list(range(since["seq"] + 1, again["seq"] + 1))
        else:
            assert [message["seq"] for message in again["snapshot"]["messages"]][-1:] == [again["seq"]]

    async with contextlib.AsyncExitStack() as stack:
        posters = [await stack.enter_async_context(hall.sock(name)) for name in ("ada", "ben")]
        joiners = [await stack.enter_async_context(hall.sock("cleo")) for _ in range(50)]
        joined = asyncio.ensure_future(asyncio.sleep(2.5))
        posting = asyncio.gather(*map(post_on, posters))
        joining = asyncio.gather(*map(join, joiners))
        last.set_result(max(await posting))
        async with asyncio.timeout(WITHIN_S):
            await joining
        # The posters, who were there from the beginning, have all of it.
        for one in posters:
            await one.sees(topic, last.result())
            seqs = [event["seq"] for event in one.events(topic)]
            assert seqs == list(range(seqs[0], last.result() + 1))


# --- coming back ----------------------------------------------------------------------------------


@pytest.mark.parametrize("others_listen", [False, True])
async def test_who_comes_back_gets_every_change_or_a_snapshot_and_never_a_part(hall, others_listen):
    topic = hall.topic("long")
    async with hall.sock("ben") as other, hall.sock("cleo") as one:
        if others_listen:  # then a process remembers the newest changes itself
            await other.done("subscribe", topic=topic)
            for n in range(20):
                await other.post(topic, f"while somebody listens {n}")
        now = await one.done("subscribe", topic=topic)
        epoch, top = now["epoch"], now["seq"]
        await one.done("unsubscribe", topic=topic)
        for behind in (0, 1, 19, 20, 21, RECOVER_CHANGES - 1, RECOVER_CHANGES):
            state = await one.done("subscribe", topic=topic, since={"epoch": epoch, "seq": top - behind})
            assert (state["recovered"], state["snapshot"], state["seq"]) == (True, None, top)
            assert [event["seq"] for event in state["events"]] == list(range(top - behind + 1, top + 1))
            assert all(event["data"]["seq"] == event["seq"] for event in state["events"])
        for seq in (top - RECOVER_CHANGES - 1, 0):
            state = await one.done("subscribe", topic=topic, since={"epoch": epoch, "seq": seq})
            assert (state["recovered"], state["events"], state["seq"]) == (False, [], top)
            assert [message["seq"] for message in state["snapshot"]["messages"]] == list(range(top - 49, top + 1))


async def test_who_is_too_many_bytes_behind_gets_a_snapshot(hall):
    topic = hall.topic("wide")
    async with hall.sock("ben") as one:
        now = await one.done("subscribe", topic=topic)
        states = {}
        for behind in (60, 64, 66, 100):
            since = {"epoch": now["epoch"], "seq": now["seq"] - behind}
            states[behind] = await one.done("subscribe", topic=topic, since=since)
        # Each is 4,000 characters and what stands around them.
        assert {behind: state["recovered"] for behind, state in states.items()} == {
            behind: behind * (4_000 + 250) < RECOVER_BYTES for behind in states
        }
        assert len(states[60]["events"]) == 60
        assert len(states[100]["snapshot"]["messages"]) == 50


async def test_a_room_whose_whole_log_is_served_is_served_from_the_beginning(hall):
    topic = hall.topic("wide")
    async with hall.sock("ada") as writer, hall.sock("ben") as one:
        # A room of few changes: everything since 0 is what a snapshot would show.
        few = hall.topic("other")
        await writer.done("subscribe", topic=few)
        posted = [await writer.post(few, f"first {n}") for n in range(3)]
        now = await one.done("subscribe", topic=few)
        all_of_it = await one.done("subscribe", topic=few, since={"epoch": now["epoch"], "seq": 0})
        assert all_of_it["recovered"]
        told = [event["data"]["id"] for event in all_of_it["events"] if event["event"] == "message"]
        assert told[-3:] == [reply["id"] for reply in posted]
        # Another room's epoch is another log's.
        state = await one.done("subscribe", topic=topic, since={"epoch": now["epoch"], "seq": 1})
        assert not state["recovered"]


# --- changes --------------------------------------------------------------------------------------


async def test_an_edit_and_a_deletion_are_the_message_as_it_now_is(hall):
    topic = hall.topic("upserts")
    async with hall.sock("ada") as writer, hall.sock("ben") as reader:
        for one in (writer, reader):
            state = await one.done("subscribe", topic=topic)
        posted = await writer.post(topic, "helo")

        async def change(event: str, **data: object) -> int:
            reply = await writer.done("send", topic=topic, event=event, data={"id": posted["id"], **data})
            assert reply["duplicate"] is False
            return reply["seq"]

        edited = await change("message.edit", text="hello")
        same = await change("message.edit", text="hello")
        deleted = await change("message.delete")
        assert (edited, same, deleted) == (posted["seq"] + 1, posted["seq"] + 1, posted["seq"] + 2)
        for one in (writer, reader):
            await one.sees(topic, deleted)
            events = [event["data"] for event in one.events(topic)]
            assert [(event["seq"], event["text"]) for event in events] == [
                (posted["seq"], "helo"),
                (edited, "hello"),
                (deleted, None),
            ]
            assert {(event["id"], event["posted_seq"], event["post_no"]) for event in events} == {
                (posted["id"], posted["seq"], events[0]["post_no"])
            }
        # Who was away is told once, by the last of them.
        since = {"epoch": state["epoch"], "seq": state["seq"]}
        (told,) = (await reader.done("subscribe", topic=topic, since=since))["events"]
        assert told["data"] == events[-1]


# --- cut off --------------------------------------------------------------------------------------


async def test_one_who_is_cut_off_while_posting_has_stored_what_was_acknowledged_and_disturbs_nobody(hall):
    topic = hall.topic("cut")
    keys = [str(uuid.uuid4()) for _ in range(150)]

    async def send_all(one: Sock) -> dict[int, str]:
        return {
            await one.begin("send", topic=topic, event="message.post", data={"text": key}, key=key): key for key in keys
        }

    async with hall.sock("ben") as reader:
        await reader.done("subscribe", topic=topic)
        async with hall.sock("ada") as writer:
            await writer.done("subscribe", topic=topic)
            sent = await send_all(writer)
            while sum(frame.get("id") in sent for frame in writer.frames) < 20:
                await writer.next()
            writer.connection.transport.abort()
        acknowledged = {sent[frame["id"]] for frame in writer.frames if frame.get("id") in sent}
        # The same once more: nothing is stored twice, and nothing that was acknowledged is new.
        async with hall.sock("ada") as again:
            await again.done("subscribe", topic=topic)
            sent = await send_all(again)
            replies = {}
            while len(replies) < len(sent):
                frame = await again.next()
                if frame.get("id") in sent:
                    replies[sent[frame["id"]]] = frame["data"]
        assert all(replies[key]["duplicate"] for key in acknowledged)
        seqs = [reply["seq"] for reply in replies.values()]
        await reader.sees(topic, max(seqs))
        assert [event["data"]["text"] for event in reader.events(topic)] == sorted(
            keys, key=lambda key: replies[key]["seq"]
        )
        told = [event["seq"] for event in reader.events(topic)]
        assert told == list(range(told[0], told[0] + len(keys)))
        await reader.pong()


# --- what is slow ---------------------------------------------------------------------------------


@contextlib.contextmanager
def locked(server: ChorusServer, slug: str) -> Iterator[None]:
    """Hold what a post to the room has to lock: on SQLite the whole file, on PostgreSQL the room."""
    url = server.variables["DATABASE_URL"]
    if url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("ROLLBACK")
    else:
        with psycopg.connect(url) as connection:
            connection.execute("SELECT 1 FROM chat_room WHERE slug = %s FOR UPDATE", (slug,))
            yield
            connection.rollback()


async def test_a_room_that_waits_holds_up_neither_the_heartbeat_nor_another_room(hall):
    slow, other = hall.topic("locked"), hall.topic("long")
    late = {n: {"topic": slow, "event": "message.post", "data": {"text": f"late {n}"}} for n in range(3)}
    keys = {n: str(uuid.uuid4()) for n in late}
    async with hall.sock("ada") as one, hall.sock("ben") as two:
        for topic in (slow, other):
            await one.done("subscribe", topic=topic)
            await two.done("subscribe", topic=topic)
        with locked(hall.server, hall.rooms["locked"]):
            waiting = {await one.begin("send", **late[n], key=keys[n]): n for n in late}
            began = time.monotonic()
            while time.monotonic() - began < 2:
                for person in (one, two):
                    await person.pong()
                    await person.done("subscribe", topic=other)
                    if hall.server.shape.shared:  # SQLite has one lock for all rooms
                        await person.post(other, "not held up")
                await asyncio.sleep(0.05)
        # Nothing was done, so each is answered now, or was told to come again, which its key allows.
        seqs = []
        for id, n in waiting.items():
            answers = [frame for frame in one.frames if frame.get("id") == id]
            answer = answers[0] if answers else await one.until(lambda frame, id=id: frame.get("id") == id)
            if answer["op"] == "error":
                assert (answer["code"], answer["retryable"]) == ("unavailable", True)
                answer = {"data": await one.done("send", **late[n], key=keys[n])}
            assert answer["data"]["duplicate"] is False
            seqs.append(answer["data"]["seq"])
        assert seqs == list(range(seqs[0], seqs[0] + 3))
