"""What a commit tells the world: one publication per room with its changes encoded once, and little else.

Room lists hear of a room at most once a second. The first change is told with its commit; later ones within
the second are told by whichever process with listeners finds them first when it checks the tops
(`announced`): so the last state is always told, also where the process that wrote it is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from django.db import transaction

from chat.log.batch import Batch, Event, ToUser
from chat.log.load import lock_rooms
from chat.models import Room
from chat.rows import MessageRow, update_rows
from chat.serialize import message_data, room_changed_data, subject_of, whole_ms
from chat.streams import USER_TOPIC, activity_stream, chat_stream, user_stream
from realtime.hub import Item, Publication, publish

__all__ = ["announce", "announce_due", "announced", "mark_announced", "room_changed_item"]

ANNOUNCE_EVERY = timedelta(seconds=1)


def announce(batch: Batch) -> None:
    """Publish what the batch did. Call it after the commit."""
    publications = [_events(batch.rooms[pk], events) for pk, events in batch.events.items() if events]
    publications += [Publication(stream, signal=signal) for stream, signal in batch.signals]
    publications += [_changed(room) for room in batch.announced]
    publications += [_to_user(word) for word in batch.to_users]
    publish(publications)


def mark_announced(batch: Batch) -> None:
    """Note the rooms whose lists hear of this batch. Call it before the rooms are written."""
    for pk in batch.events:
        room = batch.rooms[pk]
        if room.version > room.announced_version and _is_due(room, batch.now):
            _mark(room, batch.now)
            batch.announced.append(room)


def announce_due(room_ids: Iterable[int]) -> None:
    """Tell the room lists what they were not told yet, of those rooms whose second is over."""
    moment = whole_ms(datetime.now(UTC))
    with transaction.atomic():
        locked = lock_rooms(room_ids, wait=False).values()
        due = [room for room in locked if room.version > room.announced_version and _is_due(room, moment)]
        for room in due:
            _mark(room, moment)
        rows = [(room.pk, room.announced_version, room.announced_at) for room in due]
        update_rows(Room, ("id", "announced_version", "announced_at"), rows)
        transaction.on_commit(lambda: publish([_changed(room) for room in due]), robust=True)


def announced(slugs: Sequence[str]) -> dict[str, int]:
    """The version of each room that its lists were told last; those whose turn has come are told now."""
    moment = whole_ms(datetime.now(UTC))
    rooms = list(Room.objects.filter(slug__in=slugs)) if slugs else []
    due = [room.pk for room in rooms if room.version > room.announced_version and _is_due(room, moment)]
    if due:
        announce_due(due)
    return {room.slug: room.announced_version for room in rooms}


def room_changed_item(room: Room) -> Item:
    """The event for room lists; its version stays off the wire."""
    return Item.of(USER_TOPIC, "room_changed", room_changed_data(room), seq=room.version, shown=False)


def _is_due(room: Room, moment: datetime) -> bool:
    # A clock that was set back must not silence a room until it has caught up.
    return room.announced_at is None or not timedelta(0) <= moment - room.announced_at < ANNOUNCE_EVERY


def _mark(room: Room, moment: datetime) -> None:
    room.announced_version, room.announced_at = room.version, moment


def _events(room: Room, events: list[Event]) -> Publication:
    return Publication(chat_stream(room.slug), tuple(_item(room, event) for event in events))


def _changed(room: Room) -> Publication:
    return Publication(activity_stream(room.slug), (room_changed_item(room),))


def _item(room: Room, event: Event) -> Item:
    data = message_data(event.data) if isinstance(event.data, MessageRow) else event.data
    return Item.of(chat_stream(room.slug), event.name, data, seq=event.seq, subject=subject_of(event.data))


def _to_user(word: ToUser) -> Publication:
    item = Item.of(USER_TOPIC, word.event, word.data, seq=word.version, shown=False)
    return Publication(user_stream(word.user_id), (item,), word.signal)
