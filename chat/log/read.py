"""Reads the log back: what changed after a seq, how far rooms have come, what a newcomer sees first.

Every read takes the room's `last_seq` first and then the rows up to it: what is committed meanwhile is told
by the events that follow. Recovery, gap healing and a crash between commit and publish all read this.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chat.models import Message, Room
from chat.rows import MessageRow, message_rows
from chat.serialize import message_data, room_data, subject_of
from chat.streams import chat_stream
from realtime.hub import Changes, Item

__all__ = ["Latest", "RoomTop", "changes_after", "latest", "tops"]


@dataclass(frozen=True, slots=True)
class Latest:
    """A room and its newest messages as of `room.last_seq`, oldest first."""

    room: Room
    messages: list[MessageRow]
    has_more: bool


@dataclass(frozen=True, slots=True)
class RoomTop:
    """How far one room has come."""

    epoch: str
    seq: int
    access_version: int


def changes_after(slug: str, after: int, limit: int) -> Changes | None:
    """Every change after seq `after`, at most `limit`, each message once by its latest; None without a room."""
    room = Room.objects.filter(slug=slug).first()
    if room is None:
        return None
    changed = Message.objects.filter(room=room, seq__gt=after, seq__lte=room.last_seq).order_by("seq")
    rows = message_rows(changed[: limit + 1])
    found = [(row.seq, "message", message_data(row), subject_of(row)) for row in rows]
    if after < room.state_seq:
        data = room_data(room)
        found.append((room.state_seq, "room", data, subject_of(data)))
    found.sort(key=lambda change: change[0])
    items = _items(chat_stream(slug), found[:limit], after)
    return Changes(room.epoch, room.last_seq, items, more=len(found) > limit)


def tops(slugs: Sequence[str]) -> dict[str, RoomTop]:
    """How far each room has come, in one query; rooms that are not there are left out."""
    found = Room.objects.filter(slug__in=slugs).values_list("slug", "epoch", "last_seq", "access_version")
    return {slug: RoomTop(epoch, seq, access) for slug, epoch, seq, access in found.order_by()}


def latest(slug: str, limit: int) -> Latest | None:
    """The newest `limit` messages, tombstones included; None without a room."""
    room = Room.objects.filter(slug=slug).first()
    if room is None:
        return None
    newest = Message.objects.filter(room=room, seq__lte=room.last_seq).order_by("-posted_seq")
    rows = message_rows(newest[: limit + 1])
    return Latest(room, rows[:limit][::-1], has_more=len(rows) > limit)


def _items(topic: str, found: Iterable[tuple[int, str, object, str]], after: int) -> list[Item]:
    items = []
    for seq, event, data, subject in found:
        prev = None if seq == after + 1 else after
        items.append(Item.of(topic, event, data, seq=seq, prev=prev, subject=subject))
        after = seq
    return items
