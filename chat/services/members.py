"""Who belongs to a room. Each of these is decided under the room's lock, so its size limit holds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from itertools import islice

from django.db import transaction

from chat.access import Who
from chat.log import Changed, Join, Leave, Restrict, SetRole, append
from chat.models import Membership, Role, Room, Status
from chat.services.base import SLICE, one_change, writing
from chat.streams import USER_TOPIC, user_stream
from realtime.hub import publish_event
from realtime.protocol.errors import NotFound, RealtimeError

__all__ = [
    "member_invite",
    "member_join",
    "member_join_many",
    "member_leave",
    "member_restrict",
    "member_set_notifications",
    "member_set_role",
]


def member_join(*, room: Room, user: Who) -> Changed:
    """Join a public room by oneself; a member already is no error. Raises NotFound, Forbidden, RoomFull."""
    return one_change(Join(room_id=room.pk, user_id=user.id))


def member_leave(*, room: Room, user: Who) -> Changed:
    """Leave. Raises Conflict for the only owner of a room that has other members."""
    return one_change(Leave(room_id=room.pk, user_id=user.id))


def member_invite(*, room: Room, by: Who, user: Who) -> Changed:
    """Bring somebody in, at once: their room list shows it with `by`, and they may leave again.

    Members may in a public room, owners and moderators in a private one. Raises Forbidden, NotFound, RoomFull.
    """
    return one_change(Join(room_id=room.pk, user_id=user.id, by=by.id))


def member_restrict(
    *, room: Room, by: Who | None, user: Who, muted_until: datetime | None = None, banned: bool = False
) -> Changed:
    """Say what somebody may not do in the room, the whole of it: None and False lift what was. by: None is the system.

    muted_until: aware; they read on and write again after it. A ban ends their membership and their
    subscriptions. Raises Forbidden, NotFound, Conflict (a room keeps one owner).
    """
    by_id = None if by is None else by.id
    return one_change(Restrict(room_id=room.pk, user_id=user.id, muted_until=muted_until, banned=banned, by=by_id))


def member_set_role(*, room: Room, by: Who | None, user: Who, role: Role | str) -> Changed:
    """Give a member another role; only owners (and staff) may. by: None is the system.

    Raises Forbidden, NotFound (no such member), Conflict (a room keeps one owner).
    """
    return one_change(SetRole(room_id=room.pk, user_id=user.id, role=Role(role), by=None if by is None else by.id))


def member_join_many(*, room: Room, user_ids: Iterable[int], over_limit: bool = False) -> None:
    """Make many users members, private room or not, without asking; for commands. Slices commit one by one.

    over_limit: past ROOM_MAX_MEMBERS, too. Raises the first refusal (RoomFull, NotFound), with its slice undone.
    """
    waiting = iter(user_ids)
    while part := list(islice(waiting, SLICE)):
        joins = [Join(room_id=room.pk, user_id=pk, as_system=True, over_limit=over_limit) for pk in part]
        with writing():
            for result in append(joins):
                if isinstance(result, RealtimeError):
                    raise result


def member_set_notifications(*, room: Room, user: Who, muted: bool) -> None:
    """Whether this room may disturb the user. Their other tabs hear `room_muted`."""
    with writing():
        members = Membership.objects.filter(room=room, user_id=user.id, status=Status.MEMBER)
        if not members.update(muted_notifications=muted):
            raise NotFound
        data = {"slug": room.slug, "muted_notifications": muted}
        tell = partial(publish_event, user_stream(user.id), USER_TOPIC, "room_muted", data)
        transaction.on_commit(tell, robust=True)
