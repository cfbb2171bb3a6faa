"""Topics for the engine's own tests: a log in memory, a slow handler, a room that kicks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from structlog.contextvars import get_contextvars

from realtime.consumers import TopicConsumer, handles
from realtime.hub import Changes, Item, Publication, Snapshot, StreamKind, Top, publish
from realtime.protocol.codes import UnsubscribeCode
from realtime.protocol.errors import Forbidden, NotFound
from realtime.topics import topic


class Post(msgspec.Struct, forbid_unknown_fields=True):
    text: str


class Log:
    """The database of these tests: rows by stream, and whether publications get lost."""

    def __init__(self) -> None:
        self.rows: dict[str, list[str]] = {}
        self.epoch = "first"
        self.loses = False
        self.reads = 0

    def append(self, stream: str, text: str) -> int:
        rows = self.rows.setdefault(stream, [])
        rows.append(text)
        if not self.loses:
            publish((Publication(stream, (self.item(stream, len(rows)),)),))
        return len(rows)

    def item(self, stream: str, seq: int) -> Item:
        return Item.of(stream, "message", {"text": self.rows[stream][seq - 1]}, seq=seq)


LOG = Log()


class LogConsumer(TopicConsumer):
    kind = StreamKind.LOG

    async def authorize(self) -> None:
        if self.kwargs["name"] == "secret":
            raise NotFound
        if self.kwargs["name"] == "closed":
            raise Forbidden("No entry.")

    async def snapshot(self) -> Snapshot:
        rows = list(LOG.rows.get(self.topic, []))
        await asyncio.sleep(0)
        return Snapshot({"rows": rows}, seq=len(rows), epoch=LOG.epoch)

    @classmethod
    async def changes(cls, stream: str, after: int, limit: int) -> Changes:
        LOG.reads += 1
        top = len(LOG.rows.get(stream, []))
        items = [LOG.item(stream, seq) for seq in range(after + 1, min(top, after + limit) + 1)]
        return Changes(LOG.epoch, top, items, more=after + limit < top)

    @classmethod
    async def tops(cls, streams: Sequence[str]) -> Mapping[str, Top]:
        return {stream: Top(len(LOG.rows.get(stream, [])), LOG.epoch) for stream in streams}

    @handles("post")
    def post(self, payload: Post, key: str) -> asyncio.Future[dict[str, Any]]:
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()

        def commit() -> None:
            future.set_result({"seq": LOG.append(self.topic, payload.text), "key": key})

        asyncio.get_running_loop().call_later(0.01, commit)
        return future


class RoomConsumer(TopicConsumer):
    """Ephemeral: echoes, is slow on demand, fails on demand, kicks on a signal."""

    gate: asyncio.Event | None = None
    gone: list[str] = []

    @handles("echo")
    def echo(self, payload: dict) -> dict:
        return payload

    @handles("who")
    def who(self, payload: dict) -> dict:
        return dict(get_contextvars())

    @handles("slow")
    async def slow(self, payload: dict) -> dict:
        assert RoomConsumer.gate is not None
        await RoomConsumer.gate.wait()
        return payload

    @handles("fail")
    def fail(self, payload: dict) -> None:
        raise ZeroDivisionError(str(payload))

    @handles("typing", reply=False)
    async def typing(self, payload: dict) -> None:
        await self.publish("typing", payload)

    async def left(self) -> None:
        RoomConsumer.gone.append(self.identity.name)

    async def signalled(self, name: str, data: Mapping[str, Any]) -> None:
        if name == "kick" and data["user"] == self.identity.id:
            self.kick(UnsubscribeCode.KICKED, "Out.")


class MeConsumer(TopicConsumer):
    """One topic fed by two streams, one of them the user's own."""

    def streams(self) -> Sequence[str]:
        return (f"user/{self.identity.id}", "site")


topic_patterns = [
    topic("log/<slug:name>", LogConsumer),
    topic("room/<int:number>", RoomConsumer),
    topic("user/me", MeConsumer),
]
