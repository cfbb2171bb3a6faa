"""What a page gives its scripts beside the HTML, as JSON: static/chat/types.d.ts has the same shapes.

Must not know requests and templates.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from chat.policies import check_write
from chat.selectors import message_history
from chat.serialize import message_data, room_data
from realtime.protocol.errors import NotFound, RealtimeError

if TYPE_CHECKING:
    from accounts.models import User
    from chat.access import Access
    from chat.selectors import Page

__all__ = ["page_data", "room_seed", "why_closed"]

FIRST_PAINT = 50
# Stands in for a slug in an address; no slug contains it, because slugs are lower case.
SLUG = "SLUG"


def page_data(user: User, rooms: list[dict[str, Any]], seed: dict[str, Any] | None = None) -> dict[str, Any]:
    """Who looks, their rooms, where things are, and the room of this page."""
    return {
        "user": {"id": user.pk, "name": user.display, "staff": user.is_staff},
        "rooms": rooms,
        "socket": "/ws/",
        "api": "/api/",
        "room_url": reverse("chat:room", args=[SLUG]),
        "rooms_url": reverse("chat:rooms"),
        "room": seed,
    }


def room_seed(access: Access, *, around: int | None = None) -> dict[str, Any]:
    """Read a room's newest messages, or those around one; one that is not there is as good as none.

    The room was read before its messages: what arrives in between is in both, and is merged by id.
    """
    page, wanted = first_page(access, around)
    listed = [message_data(message) for message in reversed(page.messages)]
    newest = listed[-1]["post_no"] if listed else 0
    return {
        "room": room_data(access.room),
        "me": access.me(),
        "epoch": access.room.epoch,
        "seq": access.room.last_seq,
        "messages": listed,
        "has_more": page.has_more,
        "has_newer": wanted is not None and newest < access.room.post_count,
        "message": wanted,
    }


def first_page(access: Access, around: int | None) -> tuple[Page, int | None]:
    """Give the page, and the message it is for if there is such a message."""
    try:
        return message_history(access.room, around=around, limit=FIRST_PAINT), around
    except NotFound:
        return message_history(access.room, limit=FIRST_PAINT), None


def why_closed(access: Access, user: User) -> str:
    """Give the reason why the user cannot write in the room now, or an empty string."""
    try:
        check_write(access.room, access.membership, staff=user.is_staff, now=datetime.now(UTC))
    except RealtimeError as error:
        return error.message
    return ""
