"""Who may see a room: the one door from a slug to a room. "Absent" and "forbidden" are one answer.

Pages, the API and consumers ask here before anything else; `chat.policies` says the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from django.db.models import Q

from chat import policies
from chat.models import Membership, Room
from chat.serialize import utc_text
from realtime.protocol.errors import NotFound, RealtimeError

__all__ = ["Access", "Who", "access_room", "access_rooms"]


class Who(Protocol):
    """Somebody: a user, or the identity of a connection."""

    @property
    def id(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Access:
    """One user before one room that exists. membership: None where they never belonged to it."""

    room: Room
    membership: Membership | None

    @property
    def is_member(self) -> bool:
        """Whether they belong to the room now."""
        return self.membership is not None and self.membership.is_member

    @property
    def role(self) -> str | None:
        """Their role, or None for one who only looks in."""
        return str(self.membership.role) if self.membership is not None and self.membership.is_member else None

    @property
    def last_read_no(self) -> int:
        """How far they have read; somebody who only looks in has nothing unread."""
        return self.membership.last_read_no if self.membership is not None and self.is_member else self.room.post_count

    def check(self) -> None:
        """Raise NotFound or Forbidden unless they may see the room."""
        policies.check_see(self.room, self.membership)

    def may_write(self, *, staff: bool) -> bool:
        """Whether they may put words into the room now, slow mode aside."""
        try:
            policies.check_write(self.room, self.membership, staff=staff, now=datetime.now(UTC))
        except RealtimeError:
            return False
        return True

    def me(self) -> dict[str, Any]:
        """What the user is in this room: part of the snapshot and of the room's detail."""
        muted_until = None if self.membership is None else self.membership.muted_until
        return {"role": self.role, "muted_until": utc_text(muted_until), "last_read_no": self.last_read_no}


def access_room(user: Who, slug: str) -> Access:
    """The room by this name, for this user. Raises NotFound (absent or private) or Forbidden (banned)."""
    access = access_rooms([(user.id, slug)]).get((user.id, slug))
    if access is None:
        raise NotFound
    access.check()
    return access


def access_rooms(keys: Sequence[tuple[int, str]]) -> dict[tuple[int, str], Access]:
    """Many (user id, slug) at once; missing where there is no such room. Nothing is checked.

    One query, and a second where somebody asks for a room that none of those who ask ever belonged to.
    """
    wanted = Q()
    for slug in {slug for _, slug in keys}:
        wanted |= Q(room__slug=slug, user_id__in={user_id for user_id, asked in keys if asked == slug})
    memberships = Membership.objects.filter(wanted).select_related("room") if keys else ()
    found = {(membership.user_id, membership.room.slug): membership for membership in memberships}
    rooms = {membership.room.slug: membership.room for membership in found.values()}
    others = {slug for _, slug in keys} - rooms.keys()
    if others:
        rooms.update({room.slug: room for room in Room.objects.filter(slug__in=others)})
    return {(user_id, slug): Access(rooms[slug], found.get((user_id, slug))) for user_id, slug in keys if slug in rooms}
