"""What is read of rooms: who is there, how many, how far a room has come. One read for all who ask at once.

Knows the store and the hub's streams; changes nothing.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec

from presence.announce import presence_stream, room_of, snapshot_data, snapshot_item
from presence.roster import Status
from presence.store import Page, Settling, Store, StoreAway
from realtime.hub import Item, StreamKind
from realtime.protocol.errors import Unavailable

if TYPE_CHECKING:
    from realtime.hub import Hub
    from realtime.hub.stream import Stream

__all__ = ["Rosters"]

STATES_KEPT = 256
COUNTS_KEPT = 10_000
COUNTS_HOLD_S = 5.0
"""How old a room's number may be where this loop hears nothing of the room."""
COUNT_KNOWN_S = 60.0
"""After so long without a word the number of a room is not known any more."""

T = TypeVar("T")


class _Kept(NamedTuple):
    version: int
    data: msgspec.Raw


class Rosters:
    """One per keeper. list_max: above so many people a room is a number."""

    def __init__(self, hub: Hub, store: Store, list_max: int) -> None:
        self._hub = hub
        self._store = store
        self._list_max = list_max
        self._counts: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._states: OrderedDict[str, _Kept] = OrderedDict()
        self._reading: dict[str, asyncio.Task[_Kept]] = {}

    async def snapshot(self, room: str) -> tuple[msgspec.Raw, int]:
        """A room as it is, encoded, and its version. Read once for all who come while nothing happens in it.

        Raises Unavailable where the store is away or settles.
        """
        kept = self._states.get(room)
        if kept is None or kept.version != self._position(room):
            kept = await self._read(room)
        return kept.data, kept.version

    async def heal(self, room: str, after: int) -> list[Item]:
        """What brings a reader at `after` up to date: one item, or none where nothing is newer. Raises Unavailable."""
        kept = await self._read(room)
        return [] if kept.version <= after else [snapshot_item(room, kept.version, kept.data, after)]

    async def compare(self) -> None:
        """Have the hub heal the rooms that have come further than their readers here. Raises StoreAway."""
        rooms = [room_of(name) for name, stream in self._hub.streams.items() if _is_followed(name, stream)]
        try:
            tops = await self._store.tops(rooms) if rooms else {}
        except Settling:
            return  # nobody is told anything until everybody has said what they have
        self.note({room: top.count for room, top in tops.items()})
        for room, top in tops.items():
            self._hub.healer.told(presence_stream(room), top.version)

    async def present(self, rooms: Iterable[str]) -> dict[str, int]:
        """How many are in each of the rooms. Raises Unavailable."""
        rooms, since = set(rooms), self._hub.loop.time() - COUNTS_HOLD_S
        missing = [room for room in rooms if self._counts.get(room, (0, float("-inf")))[1] < since]
        if missing:
            tops = await _available(self._store.tops(missing))
            self.note({room: top.count for room, top in tops.items()})
        return {room: self._counts[room][0] for room in rooms}

    async def page(self, room: str, after: int, limit: int) -> tuple[int, Page]:
        """How many are in a room, and those with an id above `after`. Raises Unavailable."""
        page = await _available(self._store.page(room, after, limit))
        return (await self.present([room]))[room], page

    async def statuses(self, room: str, users: Sequence[int]) -> Mapping[int, Status]:
        """The status of those of the users who are in the room. Raises Unavailable."""
        return await _available(self._store.statuses(room, users))

    def count(self, room: str) -> int | None:
        """How many were in the room when this loop last heard of it; None if that is long ago."""
        count, at = self._counts.get(room, (0, float("-inf")))
        return None if at < self._hub.loop.time() - COUNT_KNOWN_S else count

    def is_large(self, room: str) -> bool:
        """Whether the room is told as a number."""
        return (self.count(room) or 0) > self._list_max

    def note(self, counts: Mapping[str, int]) -> None:
        """So many are in these rooms now."""
        now = self._hub.loop.time()
        for room, count in counts.items():
            self._counts[room] = count, now
            self._counts.move_to_end(room)
        while len(self._counts) > max(COUNTS_KEPT, len(counts)):
            self._counts.popitem(last=False)

    # --- helpers ----------------------------------------------------------------------------------

    async def _read(self, room: str) -> _Kept:
        least = self._position(room) or 0
        kept = await self._shared(room)
        # One that was under way already may be older than what the stream has passed on since.
        return kept if kept.version >= least else await self._shared(room)

    async def _shared(self, room: str) -> _Kept:
        task = self._reading.get(room)
        if task is None:
            task = self._reading[room] = self._hub.loop.create_task(self._read_state(room))
            task.add_done_callback(lambda done: self._read_done(room, done))
        return await asyncio.shield(task)

    async def _read_state(self, room: str) -> _Kept:
        state = await _available(self._store.state(room, self._list_max))
        kept = self._states[room] = _Kept(state.version, msgspec.Raw(msgspec.json.encode(snapshot_data(state))))
        self._states.move_to_end(room)
        if len(self._states) > STATES_KEPT:
            self._states.popitem(last=False)
        self.note({room: state.count})
        return kept

    def _read_done(self, room: str, done: asyncio.Task[_Kept]) -> None:
        self._reading.pop(room, None)
        if not done.cancelled():
            done.exception()  # whoever asked has it

    def _position(self, room: str) -> int | None:
        stream = self._hub.streams.get(presence_stream(room))
        return None if stream is None or not stream.active else stream.position


def _is_followed(name: str, stream: Stream) -> bool:
    return stream.kind is StreamKind.DIFF and stream.active and name == presence_stream(room_of(name))


async def _available(reading: Awaitable[T]) -> T:
    try:
        return await reading
    except Settling as error:
        raise Unavailable("Who is here is being found out.", retry_after_s=1.0) from error
    except StoreAway as error:
        raise Unavailable("Who is here is not known right now.", retry_after_s=2.0) from error
