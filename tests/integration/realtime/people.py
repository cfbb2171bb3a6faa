"""People for tests of whole servers: each a client in a room, who knows what they saw and how."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import random
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable
from typing import Any

from realtime.client import ConnectionState, RealtimeClient, Received, RoomState, Status
from tests.support.chorus import ChorusServer

__all__ = ["WITHIN_S", "Person", "all_saw_the_same", "people", "readiness", "tokens"]

ROOMS = (f"crowd-{number}" for number in itertools.count(1))
WITHIN_S = 30.0


class Person:
    """A client in a room. `seqs` are the changes as they came; `codes` what its connections ended with."""

    def __init__(self, server: ChorusServer, token: str, room: str) -> None:
        self.topic = f"chat/{room}"
        # Back at once rather than after a human's patience, but not all in the same moment.
        self.client = RealtimeClient(server.ws_url, token=token, random=lambda: random.random() / 10)
        self.state = RoomState()
        self.seqs: list[int] = []
        self.codes: list[int | None] = []
        # When each text was read first (time.time: another process may have written it).
        self.read_at: dict[str, float] = {}
        self.base = 0
        self._came = asyncio.Event()
        self.client.listen(self._changed)

    async def enter(self) -> None:
        await self.client.subscribe(self.topic, listener=self._take)
        self.base = self.state.seq

    async def post(self, text: str) -> Any:
        return await self.client.post(self.topic, "message.post", {"text": text})

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.state.messages]

    async def reads(self, text: str, within_s: float = WITHIN_S) -> None:
        await self.until(lambda: text in self.texts, within_s)

    async def until(self, true: Callable[[], bool], within_s: float = WITHIN_S) -> None:
        async with asyncio.timeout(within_s):
            while not true():
                self._came.clear()
                await self._came.wait()

    def _take(self, received: Received) -> None:
        if received.event == "message" and received.seq is not None:
            self.seqs.append(received.seq)
        self.state = self.state.apply(received)
        if received.event == "message":
            self.read_at.setdefault(received.data["text"], time.time())
        self._came.set()

    def _changed(self, status: Status) -> None:
        if status.state in (ConnectionState.WAITING, ConnectionState.OFFLINE, ConnectionState.CLOSED):
            self.codes.append(status.code)
        self._came.set()


@contextlib.asynccontextmanager
async def people(*servers: ChorusServer, count: int) -> AsyncIterator[list[Person]]:
    """Open a new room with so many people in it, each connected and subscribed, on the servers in turn."""
    room, keys = await asyncio.to_thread(tokens, servers[0], count)
    crowd = [Person(server, key, room) for server, key in zip(itertools.cycle(servers), keys, strict=False)]
    async with contextlib.AsyncExitStack() as stack:
        for person in crowd:
            await stack.enter_async_context(person.client)
        async with asyncio.timeout(WITHIN_S):
            await asyncio.gather(*(person.enter() for person in crowd))
        yield crowd


def tokens(server: ChorusServer, count: int) -> tuple[str, list[str]]:
    """A new room, and a token of each of so many members."""
    room = next(ROOMS)
    return room, server.manage("loadtest_users", "--count", str(count), "--room", room).split()


async def all_saw_the_same(crowd: list[Person], posts: int) -> None:
    """Everybody has every post once and in one order, and none of them lost or doubled on the way."""
    for person in crowd:
        await person.until(lambda person=person: person.state.seq - person.base >= posts)
        assert person.seqs == [person.base + number for number in range(1, posts + 1)]
        assert person.texts == crowd[0].texts
    assert len(set(crowd[0].texts)) == posts


def readiness(server: ChorusServer) -> tuple[int, dict[str, Any]]:
    """Ask `/readyz` on a connection of its own."""
    try:
        with urllib.request.urlopen(f"{server.url}/readyz", timeout=10) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
