"""The shapes chat gives out, each made in one place: socket, HTTP and pages show the same object.

Nothing here depends on who receives it, but for `room_row`, which is one user's line in their room list.
docs/reference/protocol.md says what each field means.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from chat.models import Room
from chat.rows import MessageRow

__all__ = ["message_data", "room_changed_data", "room_data", "room_row", "subject_of", "utc_text", "whole_ms"]


def message_data(message: MessageRow) -> dict[str, Any]:
    """A message as it now is. A deleted one has `text` null and keeps the rest."""
    return {
        "id": message.id,
        "seq": message.seq,
        "posted_seq": message.posted_seq,
        "post_no": message.post_no,
        "author": {"id": message.author_id, "name": message.author_name},
        "text": message.text,
        "created_at": utc_text(message.created_at),
        "edited_at": utc_text(message.edited_at),
        "deleted_at": utc_text(message.deleted_at),
        "key": str(message.key),
        "reply_to": message.reply_to,
    }


def room_data(room: Room) -> dict[str, Any]:
    """A room as everybody in it sees it; the data of event `room` and of the snapshot."""
    return {
        "slug": room.slug,
        "name": room.name,
        "topic": room.topic,
        "visibility": str(room.visibility),
        "archived": room.archived,
        "read_only": room.read_only,
        "slow_mode_s": room.slow_mode_s,
        "last_seq": room.last_seq,
        "last_no": room.post_count,
        "members": room.member_count,
    }


def subject_of(event: MessageRow | dict[str, Any]) -> str:
    """What an event of a room's log is the whole state of: one message, or the room."""
    return f"message {event.id}" if isinstance(event, MessageRow) else "room"


def room_changed_data(room: Room) -> dict[str, Any]:
    """What room lists learn of a change; the same bytes for every member: unread is last_no − last_read_no."""
    return {
        "slug": room.slug,
        "last_no": room.post_count,
        "name": room.name,
        "topic": room.topic,
        "archived": room.archived,
        "last_at": utc_text(room.last_at),
        "author_id": room.last_author_id,
    }


def room_row(
    room: Room, *, role: str | None, last_read_no: int, muted_notifications: bool = False, mentions: int = 0
) -> dict[str, Any]:
    """A room as one line of a user's list. role: None where they are no member (then nothing is unread)."""
    return {
        "slug": room.slug,
        "name": room.name,
        "topic": room.topic,
        "visibility": str(room.visibility),
        "archived": room.archived,
        "last_no": room.post_count,
        "last_read_no": last_read_no,
        "unread": max(0, room.post_count - last_read_no) if role else 0,
        "mentions": mentions,
        "role": None if role is None else str(role),
        "muted_notifications": muted_notifications,
        "last_at": utc_text(room.last_at),
    }


def utc_text(moment: datetime | None) -> Any:
    """ISO 8601 in UTC with milliseconds and "Z", or None."""
    return None if moment is None else f"{moment.astimezone(UTC).isoformat(timespec='milliseconds')[:-6]}Z"


def whole_ms(moment: datetime) -> datetime:
    """A moment as it is stored and shown: whole milliseconds, so that both are the same."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
