"""Who may do what in a room. Pure: each function gets what was read and raises the refusal, or returns.

Decided under the room's lock by `chat.log`; asked without it for a fast refusal and by pages that show only
what may be done. A room a user may not know of is NotFound, the same answer as for none.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from chat.models import Role, Room, Status
from realtime.protocol.errors import Forbidden, Muted, NotFound, SlowMode

__all__ = [
    "Standing",
    "check_delete",
    "check_edit",
    "check_invite",
    "check_join",
    "check_post",
    "check_restrict",
    "check_roles",
    "check_see",
    "check_set",
    "check_write",
    "moderates",
]

_MODERATORS = frozenset({Role.OWNER, Role.MODERATOR})
# A moderator keeps the talk in order; what the room is belongs to its owners.
_MODERATORS_MAY_SET = frozenset({"topic", "read_only", "slow_mode_s"})


class Standing(Protocol):
    """What deciding needs of a membership: the model has it, and so has the log's own row."""

    @property
    def role(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def is_member(self) -> bool: ...
    @property
    def muted_until(self) -> datetime | None: ...
    @property
    def last_posted_at(self) -> datetime | None: ...


def check_see(room: Room, standing: Standing | None) -> None:
    """Raise NotFound or Forbidden unless the user may know of the room and read it."""
    if not room.is_public and (standing is None or not standing.is_member):
        raise NotFound
    if standing is not None and standing.status == Status.BANNED:
        raise Forbidden("You are banned from this room.")


def check_join(room: Room, standing: Standing | None) -> None:
    """Raise unless the user may join by themselves."""
    check_see(room, standing)
    if room.archived:
        raise Forbidden("This room is archived.")


def check_invite(room: Room, standing: Standing | None, *, staff: bool) -> None:
    """Raise unless the user may bring somebody in: members of a public room, moderators of a private one."""
    check_see(room, standing)
    if room.archived:
        raise Forbidden("This room is archived.")
    if standing is None or not standing.is_member:
        raise Forbidden("Only members may invite.")
    if not room.is_public and not moderates(standing, staff=staff):
        raise Forbidden("Only owners and moderators may invite to a private room.")


def check_write(room: Room, standing: Standing | None, *, staff: bool, now: datetime) -> None:
    """Raise unless the user may put words into the room at all."""
    check_see(room, standing)
    if room.archived:
        raise Forbidden("This room is archived; nothing can be written here.")
    if standing is not None and standing.muted_until is not None and standing.muted_until > now:
        left_s = (standing.muted_until - now).total_seconds()
        raise Muted(f"You are muted here until {standing.muted_until:%Y-%m-%d %H:%M} UTC.", retry_after_s=left_s)
    if room.read_only and not moderates(standing, staff=staff):
        raise Forbidden("Only owners and moderators may write here.")


def check_post(room: Room, standing: Standing | None, *, staff: bool, now: datetime) -> None:
    """Raise unless the user may post now."""
    check_write(room, standing, staff=staff, now=now)
    if room.slow_mode_s and standing is not None and standing.last_posted_at is not None:
        left_s = room.slow_mode_s - (now - standing.last_posted_at).total_seconds()
        if left_s > 0 and not moderates(standing, staff=staff):
            raise SlowMode(f"One post every {room.slow_mode_s} seconds here.", retry_after_s=left_s)


def check_edit(room: Room, standing: Standing | None, *, own: bool, staff: bool, now: datetime) -> None:
    """Raise unless the user may change the message's text."""
    check_write(room, standing, staff=staff, now=now)
    if not own:
        raise Forbidden("Only its author may edit a message.")


def check_delete(room: Room, standing: Standing | None, *, own: bool, staff: bool) -> None:
    """Raise unless the user may take the message away. One who is muted may still take back their own."""
    check_see(room, standing)
    if moderates(standing, staff=staff):
        return
    if not own:
        raise Forbidden("Only its author or a moderator may delete a message.")
    if room.archived:
        raise Forbidden("This room is archived; nothing can be changed here.")


def check_set(room: Room, standing: Standing | None, fields: Iterable[str], *, staff: bool) -> None:
    """Raise unless the user may set these fields of the room."""
    check_see(room, standing)
    if staff or (standing is not None and standing.role == Role.OWNER):
        return
    if not moderates(standing, staff=staff):
        raise Forbidden("Only owners and moderators may change a room.")
    if not _MODERATORS_MAY_SET.issuperset(fields):
        raise Forbidden("Only an owner may change this.")


def check_restrict(room: Room, standing: Standing | None, other: Standing | None, *, staff: bool) -> None:
    """Raise unless the user may mute or ban the other: moderators any member, owners moderators too."""
    check_see(room, standing)
    if not moderates(standing, staff=staff):
        raise Forbidden("Only owners and moderators may restrict others.")
    owns = staff or (standing is not None and standing.role == Role.OWNER)
    if other is not None and other.is_member and other.role in _MODERATORS and not owns:
        raise Forbidden("Only an owner may restrict owners and moderators.")


def check_roles(room: Room, standing: Standing | None, *, staff: bool) -> None:
    """Raise unless the user may give and take roles."""
    check_see(room, standing)
    if not staff and (standing is None or standing.role != Role.OWNER):
        raise Forbidden("Only an owner may give and take roles.")


def moderates(standing: Standing | None, *, staff: bool) -> bool:
    """Whether the user keeps order here: owners, moderators, and staff in any room they may see."""
    return staff or (standing is not None and standing.is_member and standing.role in _MODERATORS)
