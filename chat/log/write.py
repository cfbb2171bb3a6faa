"""Writes a decided batch: one statement per table, whatever the number of changes.

Knows no rule. Statements for what a batch does not have are left out.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection
from django.db.models import Model

from chat.log import statements
from chat.log.batch import Batch
from chat.log.mentions import write_mentions
from chat.models import Membership, Message, MessageKey, Room
from chat.rows import insert_rows, update_rows

__all__ = ["write"]

_MEMBER = (
    *("room_id", "user_id", "role", "status", "last_read_no", "last_posted_at", "muted_until"),
    "muted_notifications",
)
_MEMBER_POSTED = ("last_read_no", "last_posted_at")
_MEMBER_STANDING = ("role", "status", "last_read_no", "muted_until", "changed_at")
_MESSAGE = ("room_id", "author_id", "seq", "posted_seq", "post_no", "text", "key", "reply_to_id", "created_at")
_MESSAGE_CHANGES = ("seq", "text", "edited_at", "deleted_at")
_KEY = ("room_id", "author_id", "key", "seq", "message_id", "digest", "created_at")
_ROOM_CHANGES = (
    *("last_seq", "state_seq", "post_count", "member_count", "access_version", "last_at", "last_author_id"),
    *("announced_version", "announced_at", "name", "topic", "visibility", "archived", "read_only", "slow_mode_s"),
)


def write(batch: Batch) -> None:
    """Everything the batch decided. Gives the new messages their ids."""
    if connection.vendor == "postgresql" and _is_posts_alone(batch):
        statements.write_posts(batch)
        write_mentions(batch)
        return
    _write_members(batch)
    _write_posts(batch)
    _update(Message, ("id", *_MESSAGE_CHANGES), batch.changed.values())
    _write_keys(batch)
    write_mentions(batch)
    _update(Room, ("id", *_ROOM_CHANGES), [batch.rooms[pk] for pk in batch.events])


def _is_posts_alone(batch: Batch) -> bool:
    """Whether there are new messages of members and nothing else: nearly always, where many write."""
    if batch.changed or batch.signals or len(batch.new_keys) != len(batch.posted):
        return False
    # A `room` event has other columns of its room to write.
    posts = sum(map(len, batch.events.values())) == len(batch.posted) > 0
    return posts and all(member.changed_at is None for member in batch.members.values())


def _write_members(batch: Batch) -> None:
    members = batch.members.values()
    new = [_values(member, (*_MEMBER, "changed_at")) for member in members if not member.id]
    insert_rows(Membership, (*_MEMBER, "changed_at", "joined_at"), [(*values, batch.now) for values in new])
    old = [member for member in members if member.id]
    _update(Membership, ("id", *_MEMBER_POSTED), [member for member in old if member.posted])
    _update(Membership, ("id", *_MEMBER_STANDING), [member for member in old if member.changed_at is not None])


def _write_posts(batch: Batch) -> None:
    rows = [
        (
            row.room_id,
            row.author_id,
            row.seq,
            row.posted_seq,
            row.post_no,
            row.text,
            row.key,
            row.reply_to,
            row.created_at,
        )
        for row in batch.posted
    ]
    written = insert_rows(Message, _MESSAGE, rows, returning=("room_id", "post_no", "id"))
    ids = {(room_id, post_no): pk for room_id, post_no, pk in written}
    for row in batch.posted:
        row.id = ids[row.room_id, row.post_no]


def _write_keys(batch: Batch) -> None:
    rows = [
        (change.room_id, change.author_id, change.key, seq, message.id, change.digest(), batch.now)
        for change, seq, message in batch.new_keys
    ]
    insert_rows(MessageKey, _KEY, rows)


def _update(model: type[Model], columns: tuple[str, ...], sources: Iterable[object]) -> None:
    update_rows(model, columns, [_values(source, columns) for source in sources])


def _values(source: object, names: tuple[str, ...]) -> list[object]:
    return [getattr(source, name) for name in names]
