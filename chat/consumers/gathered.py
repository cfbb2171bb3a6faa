"""Look-ups of many connections, gathered: five hundred that come back at once cost a few queries.

Each is a `Batcher` over a plain function; equal questions of one moment get one answer. What is published
while an answer is read waits in the connection's buffer, so sharing an answer loses nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from chat.access import Access, access_rooms
from chat.log import changes_after, latest, room_changed_item
from chat.models import Room
from chat.selectors import RoomList, room_lists, rooms_joined
from chat.serialize import message_data, room_data
from chat.services import Mark, read_marks
from chat.streams import chat_stream
from realtime.batching import CROWD_PACE_S, CROWD_SIZE, Batcher
from realtime.hub import Changes, Item, position

__all__ = ["Ask", "RoomSnapshot", "accesses", "changes", "marks", "room_items", "room_list", "slugs", "snapshot"]

SNAPSHOT_MESSAGES = 50
KEPT_S = 10.0
"""How long a snapshot may be given again. It is as of a seq, so it is no older than the log as this process knows it;
only a name that was changed is in no log. And so long a text that is deleted meanwhile stays in memory."""


class Ask(NamedTuple):
    """The question what changed in a room after a seq."""

    slug: str
    after: int
    limit: int


class RoomSnapshot(NamedTuple):
    """What everybody sees first in a room, encoded once, as of `seq`."""

    epoch: str
    seq: int
    room: msgspec.Raw
    messages: msgspec.Raw
    has_more: bool


_kept: dict[str, RoomSnapshot] = {}


async def snapshot(slug: str) -> RoomSnapshot | None:
    """What everybody sees first in a room, or None. Read once for all who come while nothing happens in it."""
    kept = _kept.get(slug)
    if kept is not None and position(chat_stream(slug)) == (kept.epoch, kept.seq):
        return kept
    found = await _snapshot_reads.get(slug)
    if found is not None and _kept.get(slug) is not found:
        _kept[slug] = found
        asyncio.get_running_loop().call_later(KEPT_S, _forget, slug, found)
    return found


def _forget(slug: str, kept: RoomSnapshot) -> None:
    if _kept.get(slug) is kept:
        del _kept[slug]


def _changes(asked: Sequence[Ask]) -> dict[Ask, Changes]:
    return {ask: found for ask in asked if (found := changes_after(*ask)) is not None}


def _snapshots(asked: Sequence[str]) -> dict[str, RoomSnapshot]:
    return {slug: found for slug in asked if (found := _snapshot(slug)) is not None}


def _snapshot(slug: str) -> RoomSnapshot | None:
    found = latest(slug, SNAPSHOT_MESSAGES)
    if found is None:
        return None
    room = found.room
    messages = [message_data(row) for row in found.messages]
    return RoomSnapshot(room.epoch, room.last_seq, _encoded(room_data(room)), _encoded(messages), found.has_more)


def _encoded(data: Any) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(data))


def _room_items(asked: Sequence[str]) -> dict[str, Item]:
    return {room.slug: room_changed_item(room) for room in Room.objects.filter(slug__in=asked)}


accesses: Batcher[tuple[int, str], Access] = Batcher(access_rooms, max_size=CROWD_SIZE, crowd_pace_s=CROWD_PACE_S)
changes: Batcher[Ask, Changes] = Batcher(_changes, max_size=20)
_snapshot_reads: Batcher[str, RoomSnapshot] = Batcher(_snapshots, max_size=20)
marks: Batcher[Mark, int] = Batcher(read_marks)
slugs: Batcher[int, list[str]] = Batcher(rooms_joined)
room_list: Batcher[int, RoomList] = Batcher(room_lists)
room_items: Batcher[str, Item] = Batcher(_room_items)
