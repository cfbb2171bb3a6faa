"""What is read of dashboards: the state for who subscribes, for who asks over HTTP, and for who missed something.

One read of the store serves all who ask at once. Knows the store and the hub's streams; changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from dashboard.document import Document, snapshot_data, snapshot_item
from dashboard.source import Source
from dashboard.store import Kept, Store

if TYPE_CHECKING:
    from realtime.hub import Hub, Item

__all__ = ["Board", "Shown", "decoded"]

FRESH_S = 0.2
"""So old at most what HTTP is answered with may be beside the store, where nobody here is subscribed."""

_documents = msgspec.json.Decoder(Document)


class Shown(NamedTuple):
    """A dashboard as clients are told: JSON, and its version (0: nothing was computed yet)."""

    version: int
    body: msgspec.Raw


class Board:
    """One per ticker. now_ms: the store's clock."""

    def __init__(self, hub: Hub, store: Store, now_ms: Callable[[], int]) -> None:
        self._hub = hub
        self._store = store
        self._now_ms = now_ms
        self._shown: dict[str, tuple[Shown, float]] = {}
        self._reading: dict[str, asyncio.Task[Shown]] = {}

    async def snapshot(self, source: Source[Any]) -> Shown:
        """For who subscribes: never older than what the stream has passed on."""
        kept = self._shown.get(source.name)
        position = self._position(source)
        if kept is not None and position is not None and kept[0].version == position:
            return self._stamped(kept[0])
        return self._stamped(await self._read(source, position or 0))

    async def current(self, source: Source[Any]) -> Shown:
        """For who asks over HTTP: as fresh as the store within FRESH_S."""
        kept = self._shown.get(source.name)
        if kept is not None and self._hub.loop.time() - kept[1] < FRESH_S:
            return self._stamped(kept[0])
        return self._stamped(await self._shared(source))

    async def heal(self, source: Source[Any], after: int) -> list[Item]:
        """What brings a reader at `after` up to date: one item, or none where nothing is newer."""
        document = decoded((await self._store.read([source.name])).get(source.name))
        if document is None or document.version <= after:
            return []
        prev = min(after, document.version - 1)
        return [snapshot_item(source, document, prev=prev, now_ms=self._now_ms())]

    async def documents(self, sources: Sequence[Source[Any]]) -> dict[str, Document]:
        """What is kept of these, by name."""
        found = await self._store.read([source.name for source in sources])
        decoded_ones = {name: decoded(kept) for name, kept in found.items()}
        return {name: document for name, document in decoded_ones.items() if document is not None}

    async def _read(self, source: Source[Any], least: int) -> Shown:
        shown = await self._shared(source)
        # One that was under way already may be older than what the stream has passed on since.
        return shown if shown.version >= least else await self._shared(source)

    async def _shared(self, source: Source[Any]) -> Shown:
        task = self._reading.get(source.name)
        if task is None:
            task = self._reading[source.name] = self._hub.loop.create_task(self._read_one(source))
            task.add_done_callback(lambda done: self._read_done(source.name, done))
        return await asyncio.shield(task)

    async def _read_one(self, source: Source[Any]) -> Shown:
        document = decoded((await self._store.read([source.name])).get(source.name))
        data = snapshot_data(source, document, self._now_ms())
        del data["now"]
        shown = Shown(0 if document is None else document.version, msgspec.Raw(msgspec.json.encode(data)))
        self._shown[source.name] = shown, self._hub.loop.time()
        return shown

    def _stamped(self, shown: Shown) -> Shown:
        """With the clock of this moment: what is kept may have been read long ago, and clients set theirs by it."""
        body = bytes(shown.body)[:-1] + b',"now":%d}' % self._now_ms()
        return shown._replace(body=msgspec.Raw(body))

    def _read_done(self, name: str, done: asyncio.Task[Shown]) -> None:
        self._reading.pop(name, None)
        if not done.cancelled():
            done.exception()  # whoever asked has it

    def _position(self, source: Source[Any]) -> int | None:
        stream = self._hub.streams.get(source.topic)
        return None if stream is None or not stream.active else stream.position


def decoded(kept: Kept | None) -> Document | None:
    """The document; None for none, and for one of another version of Chorus, which the next computation replaces."""
    if kept is None:
        return None
    try:
        return _documents.decode(kept.body)
    except msgspec.ValidationError:
        return None
