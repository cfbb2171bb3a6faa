"""The client and the engine meet without a socket: what one says the other means."""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest

from realtime.auth import AuthResult
from realtime.client import ConnectionState, RealtimeClient, Received, SubscriptionEnded
from realtime.client.transport import Address, SocketEnded
from realtime.consumers.connection import Connection
from realtime.hub import signal
from realtime.hub.hub import current_hub
from realtime.identity import Identity
from realtime.protocol import Invalid, NotFound
from realtime.testing import close_hub
from tests.unit.realtime.consumers import topics

TOPIC = "log/a"


class Plug:
    """A socket whose other end is the engine's own connection."""

    subprotocol = None

    def __init__(self, identity: Identity) -> None:
        self._in: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._out: asyncio.Queue[bytes | SocketEnded] = asyncio.Queue()
        engine = Connection({}, self._from_server, current_hub(), AuthResult(identity, None))
        self._task = asyncio.ensure_future(engine.run(self._in.get))

    async def _from_server(self, message: dict[str, Any]) -> None:
        if message["type"] == "websocket.close":
            self.end(message["code"], message["reason"])
        else:
            self._out.put_nowait(message["text"].encode())

    async def send(self, frame: bytes) -> None:
        self._in.put_nowait({"type": "websocket.receive", "text": frame.decode()})

    async def receive(self) -> bytes:
        item = await self._out.get()
        if isinstance(item, SocketEnded):
            raise item
        return item

    async def close(self) -> None:
        self.end(1000)
        await self._task

    def abort(self) -> None:
        self.end(1006)

    def end(self, code: int, reason: str = "") -> None:
        self._in.put_nowait({"type": "websocket.disconnect", "code": code})
        self._out.put_nowait(SocketEnded(code, reason))


@pytest.fixture
async def engine(settings) -> AsyncIterator[topics.Log]:
    settings.REALTIME = {"TOPICS": "tests.unit.realtime.consumers.topics", "CHECK_EVERY_S": 0.05}
    topics.LOG.__init__()  # a fresh one, in the place every topic looks
    yield topics.LOG
    await close_hub()


@pytest.fixture
async def ada(engine) -> AsyncIterator[RealtimeClient]:
    async def dial(address: Address) -> Plug:
        return Plug(Identity(id=1, name="ada"))

    # Next to no waits between connections: these tests are about what happens at their ends.
    async with RealtimeClient("ws://engine/", dial=dial, random=lambda: 0.002) as client:
        await client.ready()
        yield client


async def read_until(subscription: Any, seq: int) -> list[Received]:
    seen = []
    async with asyncio.timeout(10):
        while subscription.position.seq < seq or subscription._buffer:
            seen.append(await anext(subscription))
    return seen


async def test_a_post_comes_back_as_an_event_and_as_a_reply(ada):
    room = await ada.subscribe(TOPIC)
    reply = await ada.post(TOPIC, "post", {"text": "Hello"})
    assert reply["seq"] == 1
    assert [item.event for item in await read_until(room, 1)] == ["snapshot", "message"]


async def test_refusals_arrive_as_what_they_are(ada):
    with pytest.raises(NotFound):
        await ada.subscribe("no/such")
    with pytest.raises(NotFound):
        await ada.subscribe("log/secret")
    await ada.subscribe(TOPIC)
    with pytest.raises(Invalid) as caught:
        await ada.post(TOPIC, "post", {"text": 5})
    assert caught.value.field == "text"


async def test_a_kick_ends_the_subscription_and_not_the_connection(ada):
    room = await ada.subscribe("room/1")
    signal("room/1", "kick", {"user": 1})
    with pytest.raises(SubscriptionEnded) as caught:
        async for _ in room:
            pass
    assert caught.value.wire_code == "kicked"
    assert ada.state is ConnectionState.CONNECTED


async def test_what_a_broker_lost_is_read_all_the_same(ada, engine):
    room = await ada.subscribe(TOPIC)
    for n in range(60):
        engine.loses = n % 3 != 0
        engine.append(TOPIC, str(n))
        await asyncio.sleep(0.001)
    seen = await read_until(room, 60)
    assert [item.seq for item in seen if item.event == "message"] == list(range(1, 61))


@pytest.mark.parametrize("seed", range(5))
async def test_a_reader_whose_connection_keeps_breaking_reads_the_whole_log_once(ada, engine, seed):
    chance = random.Random(seed)
    room = await ada.subscribe(TOPIC)
    for n in range(200):
        engine.loses = chance.random() < 0.1
        engine.append(TOPIC, str(n))
        if chance.random() < 0.1:
            ada.drop_connection()
        await asyncio.sleep(chance.choice([0, 0, 0.002]))
    engine.loses = False
    seen = await read_until(room, 200)
    assert [item.seq for item in seen if item.event == "message"] == list(range(1, 201))
    assert [item.data["text"] for item in seen if item.event == "message"] == engine.rows[TOPIC]
