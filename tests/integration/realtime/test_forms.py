"""Members of every form in one room: the same events in the same order, recovery, refusals, and every server shape.

A server that compresses, in every shape; under Daphne nothing is compressed, whatever was asked for.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from realtime.client import RealtimeClient, Received, RoomState
from tests.integration.realtime.sockets import WITHIN_S, Hall, Sock, open_hall
from tests.support.chorus import SHAPES, ChorusServer
from tests.support.fixtures import Databases, starter

JSON, MSGPACK = "chorus.v1.json", "chorus.v1.msgpack"
FORMS = [(JSON, None), (JSON, "deflate"), (MSGPACK, None), (MSGPACK, "deflate")]
MESSAGE_BYTES_MAX = 1_048_576
pack, unpack = msgspec.msgpack.encode, msgspec.msgpack.decode


class PackedSock(Sock):
    """A `Sock` of MessagePack."""

    async def put(self, frame: Any) -> None:
        await self.connection.send(frame if isinstance(frame, str | bytes) else pack(frame))

    async def next(self) -> dict[str, Any]:
        message = await asyncio.wait_for(self.connection.recv(), WITHIN_S)
        assert isinstance(message, bytes), "a text message on a connection of MessagePack"
        self.frames.append(unpack(message))
        return self.frames[-1]


@pytest.fixture(scope="module", params=list(SHAPES))
def server(request: pytest.FixtureRequest, databases: Databases, server_folder: Any) -> Iterator[ChorusServer]:
    with contextlib.ExitStack() as stack:
        yield starter(stack, request, databases, server_folder)(request.param, CHORUS_DEFLATE="1")


@pytest.fixture(scope="module")
def hall(server) -> Hall:
    exempt = "User.objects.filter(pk__in=[one.pk for one in user.values()]).update(is_load_account=True)"
    return open_hall(server, "ada ben", "mixed missed large bad clients", exempt)


@contextlib.asynccontextmanager
async def sock(hall: Hall, name: str, subprotocol: str, compression: str | None) -> AsyncIterator[Sock]:
    options = {"subprotocols": [subprotocol], "compression": compression, "max_size": None, "ping_interval": None}
    kind = PackedSock if subprotocol == MSGPACK else Sock
    async with connect(hall.server.ws_url, **options) as connection:
        assert connection.subprotocol == subprotocol
        assert deflates(connection) == (compression is not None and hall.server.shape.server == "serve")
        one = kind(connection)
        await one.next()
        await one.done("auth", token=hall.tokens[name])
        yield one


def deflates(connection: ClientConnection) -> bool:
    return bool(connection.protocol.extensions)


@pytest.fixture(params=FORMS, ids=lambda form: "+".join(filter(None, form)))
async def ada(hall, request) -> AsyncIterator[Sock]:
    async with sock(hall, "ada", *request.param) as one:
        yield one


async def test_members_of_every_form_in_one_room_get_the_same_events_in_order(hall):
    topic = hall.topic("mixed")
    async with contextlib.AsyncExitStack() as stack:
        members = [await stack.enter_async_context(sock(hall, "ada", *form)) for form in FORMS * 3]
        bases = [(await one.done("subscribe", topic=topic))["seq"] for one in members]
        assert len(set(bases)) == 1
        texts = [f"post {n} " + "äöü 👩‍👩‍👧 " * (n % 40) for n in range(120)]
        # Some alone and some at once, by members of each form in turn.
        seqs = []
        for start in range(0, len(texts), 8):
            posts = [
                members[n % 4].begin("send", topic=topic, event="message.post", data={"text": texts[n]})
                for n in range(start, start + 8)
            ]
            await asyncio.gather(*posts)
            await asyncio.sleep(0.03 if start % 3 else 0)
        top = bases[0] + len(texts)
        for one in members:
            await one.sees(topic, top)
            seqs.append([event["seq"] for event in one.events(topic)])
        assert seqs == [list(range(bases[0] + 1, top + 1))] * len(members)
        told = [one.events(topic) for one in members]
        assert told == [told[0]] * len(members)
        assert sorted(event["data"]["text"] for event in told[0]) == sorted(texts)


async def test_what_was_missed_is_told_in_every_form_alike(hall, ada):
    topic = hall.topic("missed")
    async with hall.sock("ben") as other:
        first = await other.done("subscribe", topic=topic)
        posted = [await other.post(topic, f"while you were away {n}") for n in range(20)]
        edit = {"id": posted[3]["id"], "text": "edited"}
        await other.done("send", topic=topic, event="message.edit", data=edit, key=str(uuid.uuid4()))
        since = {"epoch": first["epoch"], "seq": first["seq"] + 2}
        plain = await other.done("subscribe", topic=topic, since=since)
        assert await ada.done("subscribe", topic=topic, since=since) == plain
        assert (plain["recovered"], plain["snapshot"], len(plain["events"])) == (True, None, 18)
        # The one that was edited, by its latest: no seq 6.
        assert [event["seq"] - first["seq"] for event in plain["events"]] == [3, *range(5, 22)]
        # And from a position nobody knows: a snapshot, the same in every form.
        lost = {"epoch": "another", "seq": 1}
        fresh = await other.done("subscribe", topic=topic, since=lost)
        mine = await ada.done("subscribe", topic=topic, since=lost)
        assert (mine["recovered"], mine["events"]) == (False, [])
        assert (mine["seq"], mine["epoch"]) == (fresh["seq"], fresh["epoch"])
        assert mine["snapshot"]["messages"] == fresh["snapshot"]["messages"]
        assert mine["snapshot"]["room"] == fresh["snapshot"]["room"]
        # It goes on from there.
        after = await other.post(topic, "and on")
        await ada.sees(topic, after["seq"])


async def test_a_large_snapshot_arrives_whole(hall, ada):
    topic = hall.topic("large")
    await ada.done("subscribe", topic=topic)
    text = "Grüße 👋 " * 400
    for _ in range(30):
        await ada.post(topic, text)
    state = await ada.done("subscribe", topic=topic)
    messages = state["snapshot"]["messages"]
    assert {message["text"] for message in messages[-30:]} == {text}


async def test_the_other_kind_of_message_is_a_bad_frame_and_the_connection_lives(hall, ada):
    packed = isinstance(ada, PackedSock)
    wrong: list[str | bytes] = (
        ['{"op":"ping"}', "", "{", "\x00"] if packed else [b'{"op":"ping"}', b"", pack({"op": "ping"}), b"\xff"]
    )
    for raw in wrong:
        await ada.put(raw)
        error = await ada.next()
        assert (error["op"], error["code"], error.get("id")) == ("error", "bad_frame", None), raw
    await ada.lives(hall.topic("bad"))


async def test_bad_frames_are_answered_alike_in_every_form_and_the_connection_lives(hall, ada):
    topic = hall.topic("bad")
    await ada.done("subscribe", topic=topic)
    send = {"op": "send", "topic": topic, "event": "message.post"}
    cases: list[tuple[Any, tuple[str, str | None, int | None]]] = [
        ([], ("bad_frame", None, None)),
        ("ping", ("bad_frame", None, None)),
        ({"id": 13}, ("bad_frame", "op", 13)),
        ({"op": "fly", "id": 15}, ("unknown_op", "op", 15)),
        ({"op": "unsubscribe", "id": 11, "topic": "x", "tpoic": "y"}, ("bad_frame", "tpoic", 11)),
        ({"op": "unsubscribe", "id": "1", "topic": "x"}, ("bad_frame", "id", None)),
        ({"op": "unsubscribe", "id": 2**53, "topic": "x"}, ("bad_frame", "id", None)),
        (
            {"op": "subscribe", "id": 9, "topic": topic, "since": {"seq": -1, "epoch": "e"}},
            ("invalid", "since.seq", 9),
        ),
        ({**send, "id": 16, "data": {"text": " "}}, ("invalid", "text", 16)),
        ({**send, "id": 17, "data": {"text": 7}}, ("invalid", "text", 17)),
        ({**send, "id": 18, "data": {"text": "x", "reply_to": 0}}, ("invalid", "reply_to", 18)),
        ({**send, "id": 19, "data": {"text": "x", "more": 1}}, ("invalid", "more", 19)),
        ({**send, "id": 20, "data": {"text": "x"}, "key": "mine"}, ("invalid", "key", 20)),
        ({**send, "id": 21, "data": {"text": "x" * 70_000}}, ("too_large", None, 21)),
    ]
    for frame, expected in cases:
        # As it is: what is a string here is one on the wire.
        await ada.put(pack(frame) if isinstance(ada, PackedSock) else json.dumps(frame))
        error = await ada.next()
        assert (error["op"], error["code"], error.get("field"), error.get("id")) == ("error", *expected), frame
    await ada.lives(topic)


async def test_what_json_has_no_word_for_is_a_bad_frame(hall):
    topic = hall.topic("bad")
    async with sock(hall, "ada", MSGPACK, None) as ada:
        await ada.done("subscribe", topic=topic)
        for value in (b"bytes", float("nan"), {1: 2}, msgspec.msgpack.Ext(4, b"x")):
            data = {"text": value}
            await ada.put({"op": "send", "id": 5, "topic": topic, "event": "message.post", "data": data})
            error = await ada.next()
            assert (error["code"], error["field"], error["id"]) == ("bad_frame", "text", 5), value
        for raw in (b"", b"\xc1", b"\x81\xa2op", b"\xdf\xff\xff\xff\xff", b"\x91" * 60_000, b'{"op":"ping"}'):
            await ada.put(raw)
            assert (await ada.next())["code"] == "bad_frame"
        await ada.lives(topic)


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ([MSGPACK, JSON], MSGPACK),
        ([JSON, MSGPACK], JSON),
        (["mqtt", MSGPACK], MSGPACK),
        (["mqtt"], None),
    ],
)
async def test_the_first_subprotocol_of_the_clients_list_that_is_known_is_chosen(hall, offered, chosen):
    async with connect(hall.server.ws_url, subprotocols=offered, compression=None) as connection:
        assert connection.subprotocol == chosen
        hello = await connection.recv()
        assert isinstance(hello, bytes if chosen == MSGPACK else str)


async def test_clients_of_every_form_talk_to_each_other(hall):
    topic, texts = hall.topic("clients"), [f"client {n} " + "x" * 300 for n in range(4)]
    states = [RoomState() for _ in texts]
    async with contextlib.AsyncExitStack() as stack, asyncio.timeout(WITHIN_S):
        clients = [
            await stack.enter_async_context(
                RealtimeClient(hall.server.ws_url, token=hall.tokens["ada"], encoding=encoding, compression=compression)
            )
            for encoding in ("json", "msgpack")
            for compression in (False, True)
        ]
        for number, client in enumerate(clients):

            def take(received: Received, number: int = number) -> None:
                states[number] = states[number].apply(received)

            await client.subscribe(topic, listener=take)
        for client, text in zip(clients, texts, strict=True):
            posted = await client.post(topic, "message.post", {"text": text})
            assert posted["duplicate"] is False
        clients[3].drop_connection()  # it recovers what it misses
        await clients[0].post(topic, "message.post", {"text": "after all"})
        while any([m["text"] for m in state.messages][-5:] != [*texts, "after all"] for state in states):
            await asyncio.sleep(0.02)


async def test_a_message_over_the_limit_ends_that_connection_alone(hall, ada):
    async with hall.sock("ada") as other:
        big = "x" * 2 * MESSAGE_BYTES_MAX
        with contextlib.suppress(ConnectionClosed):
            await ada.put(big.encode() if isinstance(ada, PackedSock) else big)
        # Daphne drops it without a word.
        assert await ada.ended() == (1006 if hall.server.shape.server == "daphne" else 1009)
        await other.lives(hall.topic("bad"))
