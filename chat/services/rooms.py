"""Rooms: made, changed, archived. A room's slug names its topic and addresses, so it never changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from chat.access import Who
from chat.log import Changed, Join, SetRoom, append
from chat.models import Role, Room, Visibility, new_epoch
from chat.models.room import NAME_MAX, SLOW_MODE_MAX_S, TOPIC_MAX
from chat.rows import update_rows
from chat.services.base import one_change, writing
from chat.texts import check_slug, is_writable
from realtime.protocol.errors import Invalid, RealtimeError

__all__ = ["room_archive", "room_create", "room_rotate_epochs", "room_update"]


def room_create(
    *,
    owner: Who | None,
    slug: str,
    name: str,
    topic: str = "",
    visibility: Visibility | str = Visibility.PUBLIC,
    read_only: bool = False,
    slow_mode_s: int = 0,
) -> Room:
    """Make a room; its owner is its first member. owner: None for a room of the house.

    Raises Invalid with the field; a slug that is taken is invalid, too.
    """
    check_slug(slug)
    values = _checked({"name": name, "topic": topic, "visibility": visibility, "slow_mode_s": slow_mode_s})
    with writing():
        room = _insert(Room(slug=slug, read_only=read_only, **values))
        if owner is not None:
            (result,) = append([Join(room_id=room.pk, user_id=owner.id, role=Role.OWNER, as_system=True)])
            if isinstance(result, RealtimeError):
                raise result
        room.refresh_from_db()
    return room


def room_update(*, room: Room, by: Who | None, **values: Any) -> Changed:
    """Set any of name, topic, visibility, read_only, slow_mode_s, archived. by: None is the system.

    Owners may set all, moderators topic, read_only and slow_mode_s. Everybody in the room gets a `room` event.
    Raises Invalid with the field, Forbidden, NotFound.
    """
    unknown = sorted(values.keys() - _SETTABLE)
    if unknown:
        raise Invalid(f"{unknown[0]} cannot be set.", field=unknown[0])
    return one_change(SetRoom(room_id=room.pk, values=_checked(values), by=None if by is None else by.id))


def room_archive(*, room: Room, by: Who | None, archived: bool = True) -> Changed:
    """Close a room for writing, or open it again. It stays readable."""
    return room_update(room=room, by=by, archived=archived)


def room_rotate_epochs() -> int:
    """Name every log anew, after a restore from backup: clients drop what they hold. Returns how many."""
    with writing():
        locked = Room.objects.select_for_update(no_key=True).order_by("pk")
        ids = list(locked.values_list("pk", flat=True))
        update_rows(Room, ("id", "epoch"), [(pk, new_epoch()) for pk in ids])
    return len(ids)


# --- helpers --------------------------------------------------------------------------------------

_SETTABLE = frozenset({"name", "topic", "visibility", "read_only", "slow_mode_s", "archived"})


def _insert(room: Room) -> Room:
    try:
        with transaction.atomic():
            room.save(force_insert=True)
    except IntegrityError as error:
        raise Invalid("There is a room by that name already.", field="slug") from error
    return room


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they are stored. Raises Invalid."""
    checked = dict(values)
    if "name" in checked:
        checked["name"] = _line("name", checked["name"], 1, NAME_MAX)
    if "topic" in checked:
        checked["topic"] = _line("topic", checked["topic"], 0, TOPIC_MAX)
    if "visibility" in checked:
        if checked["visibility"] not in Visibility.values:
            raise Invalid("A room is public or private.", field="visibility")
        checked["visibility"] = Visibility(checked["visibility"])
    if "slow_mode_s" in checked and not 0 <= checked["slow_mode_s"] <= SLOW_MODE_MAX_S:
        raise Invalid(f"Slow mode is 0 to {SLOW_MODE_MAX_S} seconds.", field="slow_mode_s")
    return checked


def _line(field: str, text: str, low: int, high: int) -> str:
    """One line of text without space at its ends."""
    line = " ".join(text.split())
    if not is_writable(line) or not low <= len(line) <= high:
        raise Invalid(f"A room's {field} has {low} to {high} characters.", field=field)
    return line
