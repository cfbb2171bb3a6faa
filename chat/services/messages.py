"""Messages, one at a time, for pages, the API and commands. Sockets post through `chat.writer`."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from chat.access import Who
from chat.conf import conf
from chat.log import Changed, Delete, Edit, Post, Posted
from chat.models import MessageKey, Room
from chat.services.base import one_change, writing

__all__ = ["key_purge", "message_delete", "message_edit", "message_post"]

_PURGE_SLICE = 1_000


def message_post(
    *, room: Room, author: Who, text: str, key: uuid.UUID | None = None, reply_to: int | None = None
) -> Posted:
    """Post. The same key again gives the first result with `duplicate`; with other content: Conflict.

    In a public room the author becomes a member. Raises Invalid (`text`, `reply_to`), Forbidden (archived,
    read-only, banned), Muted, SlowMode, RoomFull, NotFound (a private room of others).
    """
    change = Post(room_id=room.pk, author_id=author.id, text=text, key=key or uuid.uuid4(), reply_to=reply_to)
    return one_change(change)


def message_edit(*, room: Room, author: Who, message_id: int, text: str, key: uuid.UUID | None = None) -> Changed:
    """Give one's own message another text. Raises as `message_post`, and Conflict for a deleted one."""
    return one_change(
        Edit(room_id=room.pk, author_id=author.id, message_id=message_id, text=text, key=key or uuid.uuid4())
    )


def message_delete(
    *, room: Room, author: Who, message_id: int, key: uuid.UUID | None = None, as_system: bool = False
) -> Changed:
    """Take a message's text away, one's own or as a moderator anybody's. author: who deletes.

    as_system: nobody is asked; for staff at their desk, who need not belong to a private room to keep order there.
    """
    key = key or uuid.uuid4()
    return one_change(Delete(room_id=room.pk, author_id=author.id, message_id=message_id, key=key, as_system=as_system))


def key_purge(*, older_than: timedelta | None = None) -> int:
    """Forget keys past their time (KEY_DAYS unless given); returns how many. In slices, each its own commit."""
    before = datetime.now(UTC) - (timedelta(days=conf().KEY_DAYS) if older_than is None else older_than)
    purged = 0
    while ids := list(MessageKey.objects.filter(created_at__lt=before).values_list("pk", flat=True)[:_PURGE_SLICE]):
        with writing():
            purged += MessageKey.objects.filter(pk__in=ids).delete()[0]
    return purged
