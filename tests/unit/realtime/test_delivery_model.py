"""Hub, log and client merge as one machine, over a layer that loses, delays, doubles and reorders; the clock jumps.

*Snapshot before + events = snapshot after*: whatever happens in between, everybody who is connected in the end
holds what the log holds, and nobody is given anything twice, out of order or with a hole.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.client.cursor import Cursor, Verdict
from realtime.consumers import TopicConsumer
from realtime.hub import Changes, Item, Publication, Snapshot, StreamKind, Top, publish
from realtime.identity import Identity
from realtime.protocol.errors import Unavailable
from realtime.protocol.frames import Event, Since
from realtime.testing import TopicClient, close_hub
from realtime.topics import topic
from tests.unit.realtime.hub.fakes import JumpingLoop

TOPIC = "upserts/a"
READERS = 3
SETTINGS = {
    "TOPICS": "tests.unit.realtime.test_delivery_model",
    "RECOVER_CHANGES": 6,
    "RECENT_BYTES": 400,
    "HEARTBEAT_S": 1e9,
    "REQUESTS_PER_S": 10_000,
    "REQUESTS_BURST": 10_000,
}


class Log:
    """Subjects with their newest value; every change raises the seq, as in a room."""

    def __init__(self) -> None:
        self.state: dict[int, tuple[int, int]] = {}
        self.seq = 0
        self.epoch = "first"
        self.away = False

    def change(self, subject: int) -> Publication:
        self.seq += 1
        self.state[subject] = (self.seq, self.seq * 1_000 + subject)
        return Publication(TOPIC, (self.item(subject, None),))

    def item(self, subject: int, prev: int | None) -> Item:
        seq, value = self.state[subject]
        data = {"subject": subject, "value": value}
        return Item.of(TOPIC, "upsert", data, seq=seq, prev=prev, subject=str(subject))

    def read(self) -> None:
        if self.away:
            raise Unavailable


LOG = Log()


class Upserts(TopicConsumer):
    kind = StreamKind.LOG

    async def snapshot(self) -> Snapshot:
        LOG.read()
        found = {str(subject): value for subject, (_, value) in LOG.state.items()}
        position, epoch = LOG.seq, LOG.epoch
        await asyncio.sleep(0.01)  # what is published meanwhile must not be lost
        return Snapshot(found, position, epoch)

    @classmethod
    async def changes(cls, stream: str, after: int, limit: int) -> Changes:
        LOG.read()
        newest = sorted((seq, subject) for subject, (seq, _) in LOG.state.items() if seq > after)
        items, last = [], after
        for seq, subject in newest[:limit]:
            items.append(LOG.item(subject, None if seq == last + 1 else last))
            last = seq
        top, epoch = LOG.seq, LOG.epoch
        await asyncio.sleep(0.01)
        return Changes(epoch, top, items, more=len(newest) > limit)

    @classmethod
    async def tops(cls, streams: Sequence[str]) -> Mapping[str, Top]:
        LOG.read()
        return dict.fromkeys(streams, Top(LOG.seq, LOG.epoch))


topic_patterns = [topic("upserts/<slug:name>", Upserts)]


@dataclass
class Reader:
    """One client: its place in the log and what it holds, over any number of connections."""

    number: int
    client: TopicClient | None = None
    cursor: Cursor = field(default_factory=Cursor)
    held: dict[int, int] = field(default_factory=dict)
    _read: int = 0

    async def connect(self) -> None:
        if self.client is None:
            client = TopicClient(Identity(id=self.number + 1, name=f"reader-{self.number}"))
            self.client, self._read = await client.__aenter__(), 0
        await self.subscribe()

    async def disconnect(self) -> None:
        self.read()
        if self.client is not None:
            await self.client.__aexit__(None, None, None)
        self.client = None

    async def subscribe(self) -> None:
        assert self.client is not None
        self.read()
        position = self.cursor.position
        since = None if position is None else (position.epoch, position.seq)
        try:
            reply = await self.client.subscribe(TOPIC, since=since)
        except Unavailable:
            await self.disconnect()
            return
        if reply["recovered"]:
            for event in reply["events"]:
                assert event["seq"] > (since or ("", 0))[1], "told again what was known"
                self._apply(event["data"])
        else:
            self.held = {int(subject): value for subject, value in reply["snapshot"].items()}
        # What was flushed before the reply is part of it; what came with it comes after.
        self.cursor.position = Since(reply["epoch"], reply["seq"])
        self.read()

    def read(self) -> None:
        """Take what has arrived, as a client does."""
        frames = [] if self.client is None else self.client.frames[self._read :]
        self._read += len(frames)
        for frame in frames:
            if isinstance(frame, Event) and frame.seq is not None:
                verdict = self.cursor.take(frame.seq, frame.prev)
                assert verdict is not Verdict.HOLE, f"seq {frame.seq} after {self.cursor.position}"
                if verdict is Verdict.TAKE:
                    self._apply(frame.data)

    def _apply(self, data: Any) -> None:
        data = msgspec.json.decode(data) if isinstance(data, msgspec.Raw) else data
        self.held[data["subject"]] = data["value"]


@dataclass
class Machine:
    """Everything of one example."""

    readers: list[Reader]
    late: list[Publication] = field(default_factory=list)

    async def do(self, action: tuple[Any, ...]) -> None:
        match action:
            case ("change", subject, fate):
                self._publish(LOG.change(subject), fate)
            case ("late", place):
                if self.late:
                    publish([self.late.pop(place % len(self.late))])
            case ("connect", number):
                await self.readers[number].connect()
            case ("disconnect", number):
                await self.readers[number].disconnect()
            case ("wait", seconds):
                await asyncio.sleep(seconds)
            case ("database", away):
                LOG.away = away
        for reader in self.readers:
            reader.read()

    def _publish(self, publication: Publication, fate: str) -> None:
        if fate in {"now", "twice"}:
            publish([publication])
        if fate in {"late", "twice"}:
            self.late.append(publication)


async def play(actions: Sequence[tuple[Any, ...]]) -> None:
    LOG.__init__()
    machine = Machine([Reader(number) for number in range(READERS)])
    try:
        for reader in machine.readers:
            await reader.connect()
        for action in actions:
            await machine.do(action)
        LOG.away = False
        for reader in machine.readers[1:]:
            await reader.connect()
        await asyncio.sleep(30)
        expected = {subject: value for subject, (_, value) in LOG.state.items()}
        for reader in machine.readers:
            reader.read()
            if reader.client is not None:
                assert reader.held == expected, f"reader {reader.number}"
                assert reader.cursor.position == Since(LOG.epoch, LOG.seq)
    finally:
        for reader in machine.readers:
            await reader.disconnect()
        await close_hub()


changes = st.tuples(st.just("change"), st.integers(0, 4), st.sampled_from(["now", "lost", "late", "twice"]))
action = st.one_of(
    changes,
    changes,
    st.tuples(st.just("late"), st.integers(0, 9)),
    st.tuples(st.just("connect"), st.integers(0, READERS - 1)),
    st.tuples(st.just("disconnect"), st.integers(0, READERS - 1)),
    st.tuples(st.just("wait"), st.sampled_from([0.0, 0.001, 0.02, 0.1, 1.0, 5.0, 60.0])),
    st.tuples(st.just("database"), st.booleans()),
)


@settings(max_examples=int(os.environ.get("CHORUS_EXAMPLES", "200")))
@given(st.lists(action, max_size=60))
def test_everybody_ends_up_with_what_the_log_holds(actions: list[tuple[Any, ...]]) -> None:
    loop = JumpingLoop()
    try:
        with override_settings(REALTIME=SETTINGS):
            loop.run_until_complete(play(actions))
    finally:
        loop.close()
