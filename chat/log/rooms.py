"""Decides rooms and who belongs to them, under the room's lock: each is a `room` event of the log.

Reads and changes the batch alone. The size limit holds because `member_count` is read and raised here only.
"""

from __future__ import annotations

from chat import policies
from chat.conf import conf
from chat.log.batch import Batch, Member
from chat.log.changes import Changed, Join, Leave, Restrict, SetRole, SetRoom, Unkeyed
from chat.models import Role, Room, Status, Visibility
from chat.serialize import room_row, utc_text
from realtime.hub import Signal
from realtime.protocol.errors import Conflict, Forbidden, NotFound, RoomFull

__all__ = ["decide_room", "join_member"]


def decide_room(batch: Batch, change: Unkeyed) -> Changed:
    """Do it, or raise the refusal."""
    room = batch.room(change.room_id)
    match change:
        case Join():
            return _join(batch, room, change)
        case Leave():
            return _leave(batch, room, change)
        case Restrict():
            return _restrict(batch, room, change)
        case SetRole():
            return _set_role(batch, room, change)
        case SetRoom():
            return _set(batch, room, change)


def join_member(
    batch: Batch, room: Room, user_id: int, role: Role, *, by: int | None = None, over_limit: bool = False
) -> Member:
    """Make the user a member. Raises RoomFull; whether they may is the caller's question."""
    if room.member_count >= conf().ROOM_MAX_MEMBERS and not over_limit:
        raise RoomFull(f"This room has the {conf().ROOM_MAX_MEMBERS} members it may have.")
    inviter = None if by is None else {"id": by, "name": batch.user(by).name}
    member = batch.members.get((room.pk, user_id))
    if member is None:
        member = batch.new_member(room, user_id, role)
    else:  # one who left and comes back, with a mute that may still run
        batch.standing_changed(member, role, Status.MEMBER)
        member.last_read_no = room.post_count
    room.member_count += 1
    batch.room_event(room)
    row = room_row(room, role=role, last_read_no=member.last_read_no, muted_notifications=member.muted_notifications)
    batch.tell(member, "room_added", {**row, "by": inviter}, Signal("room_joined", {"slug": room.slug}))
    return member


def _join(batch: Batch, room: Room, change: Join) -> Changed:
    user = batch.user(change.user_id)
    member = batch.members.get((room.pk, change.user_id))
    if not change.as_system:
        _check_join(batch, room, change, member)
    if member is not None and member.is_member:
        return Changed(room.state_seq)
    if not user.is_active:
        raise Forbidden("This account is disabled.")
    if member is not None and member.status == Status.BANNED:
        raise Forbidden(f"{user.name} is banned from this room.")
    join_member(batch, room, change.user_id, change.role, by=change.by, over_limit=change.over_limit)
    return Changed(room.last_seq)


def _check_join(batch: Batch, room: Room, change: Join, member: Member | None) -> None:
    if change.by is None:
        policies.check_join(room, member)
    else:
        inviter = batch.members.get((room.pk, change.by))
        policies.check_invite(room, inviter, staff=batch.user(change.by).is_staff)


def _leave(batch: Batch, room: Room, change: Leave) -> Changed:
    member = batch.members.get((room.pk, change.user_id))
    if not change.as_system:
        policies.check_see(room, member)
    if member is None or not member.is_member:
        return Changed(room.state_seq)
    if member.role == Role.OWNER:
        _check_owners(batch, room, needed=room.member_count > 1 and not change.as_system)
        batch.owners[room.pk] -= 1
    batch.standing_changed(member, Role.MEMBER, Status.LEFT)
    room.member_count -= 1
    batch.room_event(room)
    batch.access_event(room, {"user": change.user_id, "code": "removed"})
    batch.tell(member, "room_removed", {"slug": room.slug}, Signal("room_left", {"slug": room.slug}))
    return Changed(room.last_seq)


def _set_role(batch: Batch, room: Room, change: SetRole) -> Changed:
    if change.by is not None:
        policies.check_roles(room, batch.members.get((room.pk, change.by)), staff=batch.user(change.by).is_staff)
    member = batch.members.get((room.pk, change.user_id))
    if member is None or not member.is_member:
        raise NotFound("There is no such member in this room.")
    if member.role == change.role:
        return Changed(room.last_seq)
    if member.role == Role.OWNER:
        _check_owners(batch, room, needed=change.by is not None)
    batch.owners[room.pk] = batch.owners.get(room.pk, 0) + (change.role == Role.OWNER) - (member.role == Role.OWNER)
    batch.standing_changed(member, change.role, Status.MEMBER)
    batch.access_event(room, {"user": change.user_id, "code": "removed"})
    batch.tell(member, "room_role", {"slug": room.slug, "role": change.role.value})
    return Changed(room.last_seq)


def _restrict(batch: Batch, room: Room, change: Restrict) -> Changed:
    batch.user(change.user_id)
    member = batch.members.get((room.pk, change.user_id))
    if change.by is not None:
        moderator = batch.members.get((room.pk, change.by))
        policies.check_restrict(room, moderator, member, staff=batch.user(change.by).is_staff)
    if member is None:  # one who only reads here, or is kept from coming
        member = batch.new_member(room, change.user_id, Role.MEMBER, Status.LEFT)
    was_banned = member.status == Status.BANNED
    if (member.muted_until, was_banned) == (change.muted_until, change.banned):
        return Changed(room.state_seq)
    if change.banned and member.is_member:
        _expel(batch, room, member, by=change.by)
    member.muted_until = change.muted_until
    status = Status.BANNED if change.banned else Status.LEFT if was_banned else Status(member.status)
    batch.standing_changed(member, Role(member.role), status)
    batch.access_event(room, {"user": change.user_id, "code": "banned" if change.banned else "removed"})
    data = {"slug": room.slug, "muted_until": utc_text(change.muted_until), "banned": change.banned}
    batch.tell(member, "restricted", data)
    return Changed(room.last_seq)


def _expel(batch: Batch, room: Room, member: Member, *, by: int | None) -> None:
    if member.role == Role.OWNER:
        _check_owners(batch, room, needed=by is not None)
        batch.owners[room.pk] -= 1
    batch.standing_changed(member, Role.MEMBER, Status.BANNED)
    room.member_count -= 1
    batch.room_event(room)
    batch.tell(member, "room_removed", {"slug": room.slug}, Signal("room_left", {"slug": room.slug}))


def _check_owners(batch: Batch, room: Room, *, needed: bool) -> None:
    if needed and batch.owners.get(room.pk) == 1:
        raise Conflict("A room needs an owner. Make another member one first.")


def _set(batch: Batch, room: Room, change: SetRoom) -> Changed:
    if change.by is not None:
        user = batch.users.get(change.by)
        if user is None or not user.is_active:
            raise NotFound
        member = batch.members.get((room.pk, change.by))
        policies.check_set(room, member, change.values, staff=user.is_staff)
    changed = {name: value for name, value in change.values.items() if getattr(room, name) != value}
    if not changed:
        return Changed(room.state_seq)
    for name, value in changed.items():
        setattr(room, name, value)
    seq = batch.room_event(room)
    if changed.get("visibility") == Visibility.PRIVATE:
        batch.access_event(room, {"user": None, "code": "removed"})
    return Changed(seq)
