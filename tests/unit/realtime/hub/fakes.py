"""What the hub's tests stand on: a loop whose clock jumps, a writer that is a list, a log in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from realtime.consumers import TopicConsumer
from realtime.hub.hub import Hub
from realtime.hub.stream import Member, Stream
from realtime.hub.types import Changes, Item, Publication, StreamKind, Top
from realtime.hub.writers import LaneWriter
from realtime.identity import Identity
from realtime.protocol.errors import Unavailable

ADA = Identity(id=1, name="ada")


class JumpingLoop(asyncio.SelectorEventLoop):
    """Never waits for a timer: when nothing else is to be done, its clock jumps to the next one."""

    def __init__(self) -> None:
        self._now = 1_000.0
        super().__init__()

    def time(self) -> float:
        return self._now

    def _run_once(self) -> None:
        # Cancelled ones are swept away later, and would be waited for in real time.
        due = [timer.when() for timer in self._scheduled if not timer.cancelled()]
        if not self._ready and due:
            self._now = max(self._now, min(due))
        super()._run_once()

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        # Threads take real time, and the five minutes they are given would jump by.
        await super().shutdown_default_executor()


class Sink:
    """A writer that remembers what it was given: `got` frame by frame, `writes` write by write."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.writes: list[list[Any]] = []
        self.unsent = 0
        self.closed = False
        self.code: int | None = None

    def write_batch(self, batch) -> None:
        if not self.closed:
            self.writes.append([name_of(frame) for frame in batch.frames])
            self.got += self.writes[-1]

    def unsent_bytes(self) -> int:
        return self.unsent

    def close(self, code: int, reason: str = "") -> None:
        self.closed = True
        self.code = code


class Broken(Sink):
    """A writer with a fault of ours in it."""

    def write_batch(self, batch) -> None:
        raise ZeroDivisionError


class Wire:
    """A lane that remembers what was written, whole frames at a time (realtime.hub.writers.Lane)."""

    deflates = False

    def __init__(self) -> None:
        self.on_life = self.on_full = self.on_end = None
        self.writes: list[bytes] = []
        self.code: int | None = None

    @property
    def fast(self):
        return self.writes.append

    def write(self, data: bytes) -> None:
        self.writes.append(data)

    def unsent_bytes(self) -> int:
        return 0

    def close(self, code: int, reason: str) -> None:
        self.code = code


class LaneSink(LaneWriter):
    """A real writer on a lane that is a list, with the face of `Sink`."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(Wire(), 1_048_576, lambda: None)
        self.write(b"{}")  # hello: from here on it writes without a question
        self._lane.writes.clear()

    @property
    def got(self) -> list[Any]:
        return [name_of(frame) for data in self._lane.writes for frame in payloads(data)]


def payloads(data: bytes) -> Iterator[bytes]:
    """The payloads of whole, short, unmasked frames."""
    while data:
        size, head = (data[1], 2) if data[1] < 126 else (int.from_bytes(data[2:4], "big"), 4)
        yield data[head : head + size]
        data = data[head + size :]


class Database:
    """Rows of every stream by name; can be away, or slow."""

    def __init__(self) -> None:
        self.rows: dict[str, list[str]] = {}
        self.epoch = "first"
        self.away = False
        self.slow: asyncio.Event | None = None
        self.reads: list[tuple[str, int]] = []
        self.asked: list[list[str]] = []

    def add(self, stream: str, text: str = "x") -> Publication:
        """Commit a row; whether it is published is the test's business."""
        rows = self.rows.setdefault(stream, [])
        rows.append(text)
        return Publication(stream, (self.item(stream, len(rows)),))

    def item(self, stream: str, seq: int) -> Item:
        return Item.of(stream, "row", {"text": self.rows[stream][seq - 1]}, seq=seq)

    def top(self, stream: str) -> int:
        return len(self.rows.get(stream, []))

    async def read(self) -> None:
        if self.away:
            raise Unavailable
        if self.slow is not None:
            await self.slow.wait()


DATABASE = Database()


class Notes(TopicConsumer):
    """A log."""

    kind = StreamKind.LOG

    @classmethod
    async def changes(cls, stream: str, after: int, limit: int) -> Changes:
        DATABASE.reads.append((stream, after))
        epoch, top = DATABASE.epoch, DATABASE.top(stream)
        items = [DATABASE.item(stream, seq) for seq in range(after + 1, min(top, after + limit) + 1)]
        await DATABASE.read()
        return Changes(epoch, top, items, more=after + limit < top)

    @classmethod
    async def tops(cls, streams: Sequence[str]) -> Mapping[str, Top]:
        DATABASE.asked.append(list(streams))
        await DATABASE.read()
        return {stream: Top(DATABASE.top(stream), DATABASE.epoch) for stream in streams}


class Gauge(Notes):
    """A state with a version; its changes are one item, the newest."""

    kind = StreamKind.STATE

    @classmethod
    async def changes(cls, stream: str, after: int, limit: int) -> Changes:
        changes = await super().changes(stream, 0, 1_000_000)
        return Changes("", changes.top, changes.items[-1:])


class Ping(TopicConsumer):
    """Neither."""


def name_of(frame: bytes) -> int | str:
    """A frame by its seq, or by its event where it has none."""
    event = msgspec.json.decode(frame)
    return event.get("seq", event["event"])


def enter(
    hub: Hub, stream: str, cls: type[TopicConsumer] = Notes, *, sink: Sink | LaneSink | None = None, main: bool = True
) -> tuple[Stream, Member]:
    """Join a stream as a subscription does, its reply still unwritten."""
    member = Member(sink or Sink(), cls(stream, identity=ADA))
    return hub.join(stream, cls.kind, member, main=main), member


def subscribe(
    hub: Hub, stream: str, cls: type[TopicConsumer] = Notes, *, sink: Sink | LaneSink | None = None
) -> Member:
    """Join a stream and write the reply, as of what the database holds."""
    joined, member = enter(hub, stream, cls, sink=sink)
    seq = None if cls.kind is StreamKind.EPHEMERAL else DATABASE.top(stream)
    hub.settle(joined, member, seq, DATABASE.epoch)
    return member
