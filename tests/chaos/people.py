"""Clients that live in a room: each posts, edits and deletes now and then, reads all, and writes down what came."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from realtime.client import ConnectionState, RealtimeClient, Received
from realtime.protocol.errors import RealtimeError
from tests.chaos.ledger import Intent, View

__all__ = ["Crowd", "Person", "gathered"]

ENTER_WITHIN_S = 60.0
# More than this many unanswered, and a person waits: nobody types into a dead line for ever.
PATIENCE = 10


class Person:
    """One client in one room."""

    def __init__(self, url: str, token: str, room: str, number: int, rng: random.Random) -> None:
        self.name = f"load-{number:05}"
        self.room = room
        self.topic = f"chat/{room}"
        self.rng = rng
        self.view = View(self.name, room)
        self.intents: list[Intent] = []
        self.client = RealtimeClient(url, token=token, random=lambda: rng.random() / 4)
        self.reconnects = 0
        self._waiting: set[asyncio.Task[None]] = set()

    async def enter(self) -> None:
        """Subscribe; what is published from here on has to be received."""
        await self.client.subscribe(self.topic, listener=self._take)
        self.client.listen(lambda status: self._count(status.state))

    async def live(self, pace_s: float, stopping: asyncio.Event) -> None:
        """Write every `pace_s` seconds on average until told to stop."""
        while not stopping.is_set():
            await asyncio.sleep(self.rng.expovariate(1 / pace_s))
            if self.client.outbox.waiting < PATIENCE and not stopping.is_set():
                self._write()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def position(self) -> int:
        """How far this reader has come in the room's log."""
        subscription = self.client.subscription(self.topic)
        position = None if subscription is None else subscription.position
        return 0 if position is None else position.seq

    def _write(self) -> None:
        mine = [intent for intent in self.intents if intent.event == "message.post" and intent.reply is not None]
        deleted = {intent.target for intent in self.intents if intent.event == "message.delete"}
        open_ = [intent for intent in mine[-20:] if intent.key not in deleted]
        choice = self.rng.random()
        if not open_ or choice < 0.75:
            self._ask("message.post", text=f"{self.name} {len(self.intents)}")
        elif choice < 0.92:
            self._ask("message.edit", text=f"{self.name} {len(self.intents)} edited", target=self.rng.choice(open_))
        else:
            self._ask("message.delete", text=None, target=self.rng.choice(open_))

    def _ask(self, event: str, *, text: str | None, target: Intent | None = None) -> None:
        key = str(uuid.uuid4())
        intent = Intent(self.name, self.room, event, key, text, None if target is None else target.key)
        self.intents.append(intent)
        data: dict[str, Any] = {} if text is None else {"text": text}
        if target is not None:
            assert target.reply is not None
            data["id"] = target.reply["id"]
        task = asyncio.create_task(self._wait(intent, data))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _wait(self, intent: Intent, data: dict[str, Any]) -> None:
        try:
            intent.reply = await self.client.post(self.topic, intent.event, data, key=intent.key)
        except RealtimeError as error:
            intent.failed = f"{type(error).__name__}: {error}"

    def _take(self, received: Received) -> None:
        self.view.take(received.event, received.data, received.seq)

    def _count(self, state: ConnectionState) -> None:
        self.reconnects += state is ConnectionState.CONNECTED


@dataclass
class Crowd:
    """Everybody of one scenario."""

    people: list[Person]
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def __iter__(self) -> Iterator[Person]:
        return iter(self.people)

    @property
    def intents(self) -> list[Intent]:
        return [intent for person in self.people for intent in person.intents]

    @property
    def unanswered(self) -> int:
        return sum(person.waiting for person in self.people)

    async def quiet(self, within_s: float) -> float:
        """Wait until every outbox is empty, or give up and let the ledger say what is missing; how long that took."""
        began = asyncio.get_running_loop().time()
        while self.unanswered and asyncio.get_running_loop().time() - began < within_s:
            await asyncio.sleep(0.05)
        return asyncio.get_running_loop().time() - began

    async def reach(self, tops: dict[str, int], within_s: float) -> float:
        """Wait until everybody stands at the top of their room's log; how long that took."""
        began = asyncio.get_running_loop().time()
        while any(person.position < tops[person.room] for person in self.people):
            if asyncio.get_running_loop().time() - began > within_s:
                break
            await asyncio.sleep(0.05)
        return asyncio.get_running_loop().time() - began


@asynccontextmanager
async def gathered(url: str, tokens: Sequence[str], rooms: Sequence[str], rng: random.Random, pace_s: float) -> Any:
    """A crowd, the k-th with the k-th token in room k mod N, already writing; it ends with the block."""
    people = [
        Person(url, token, rooms[place % len(rooms)], place + 1, random.Random(rng.random()))
        for place, token in enumerate(tokens)
    ]
    crowd = Crowd(people)
    async with AsyncExitStack() as stack:
        for person in people:
            await stack.enter_async_context(person.client)
        async with asyncio.timeout(ENTER_WITHIN_S):
            await asyncio.gather(*(person.enter() for person in people))
        lives = [asyncio.create_task(person.live(pace_s, crowd.stopping)) for person in people]
        try:
            yield crowd
        finally:
            crowd.stopping.set()
            for life in lives:
                life.cancel()
            await asyncio.gather(*lives, return_exceptions=True)
