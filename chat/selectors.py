"""What pages and the API read of rooms, members and messages. Never writes; asks nobody's permission.

Come here with an `Access` (or its room): `chat.access` has decided that the user may see it. Nothing counts
rows of messages: rooms know how many posts they have, members how far they have read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import F, Max, Q, QuerySet

from chat.access import Access, Who
from chat.log import unread_mentions
from chat.models import Membership, Message, Role, Room, Status, Visibility
from chat.rows import MessageRow, message_rows
from chat.serialize import room_data, room_row, utc_text
from realtime.moments import micros
from realtime.protocol.errors import Invalid, NotFound

__all__ = [
    "HISTORY_MAX",
    "Page",
    "RoomList",
    "lists_changed",
    "member_list",
    "message_history",
    "room_detail",
    "room_directory",
    "room_list_for",
    "room_lists",
    "rooms_joined",
    "users_met",
]

HISTORY_MAX = 200
_ROLE_ORDER = {Role.OWNER: 0, Role.MODERATOR: 1, Role.MEMBER: 2}


@dataclass(frozen=True, slots=True)
class Page:
    """One page of history, always newest first, tombstones included.

    has_more: whether there is more in the direction asked for: newer ones with `after`, else older ones.
    """

    messages: list[MessageRow]
    has_more: bool


@dataclass(frozen=True, slots=True)
class RoomList:
    """A user's rooms, those with the newest posts first.

    version: grows when they join, leave or change role. versions: what was told last of each room, by its slug.
    """

    name: str
    rooms: list[dict[str, Any]]
    versions: dict[str, int]
    version: int


def room_list_for(user: Who) -> list[dict[str, Any]]:
    """The rooms the user belongs to, as lines of a list (`serialize.room_row`), newest posts first."""
    return room_lists([user.id])[user.id].rooms


def room_lists(user_ids: Sequence[int]) -> dict[int, RoomList]:
    """The room lists of many users, in four queries; users that are not there are left out."""
    names = get_user_model().objects.filter(pk__in=user_ids).values_list("pk", "username")
    of_users = Membership.objects.filter(user_id__in=user_ids)
    members = of_users.filter(status=Status.MEMBER)
    mentions = unread_mentions(members)
    versions = dict(of_users.order_by().values_list("user_id").annotate(Max("changed_at")))
    rows: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    of_rooms: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for membership in members.select_related("room").order_by(F("room__last_at").desc(nulls_last=True), "room__slug"):
        rows[membership.user_id].append(_member_row(membership, mentions[membership.pk]))
        of_rooms[membership.user_id][membership.room.slug] = membership.room.announced_version
    return {
        user_id: RoomList(
            name, rows[user_id], of_rooms[user_id], micros(versions[user_id]) if user_id in versions else 0
        )
        for user_id, name in names
    }


def lists_changed(since: datetime) -> dict[int, int]:
    """The version of each user's room list that changed after `since`."""
    changed = Membership.objects.filter(changed_at__gte=since).order_by()
    return {user_id: micros(at) for user_id, at in changed.values_list("user_id").annotate(Max("changed_at"))}


def room_directory(user: Who, *, search: str = "", limit: int = 100) -> list[dict[str, Any]]:
    """Public rooms the user could join, in the same shape with `role` null, newest posts first.

    search: part of a name or slug. Archived rooms and those the user is banned from are left out.
    """
    rooms = Room.objects.filter(visibility=Visibility.PUBLIC, archived=False)
    known = Membership.objects.filter(user_id=user.id, status__in=[Status.MEMBER, Status.BANNED])
    rooms = rooms.exclude(pk__in=known.values("room_id"))
    if search:
        rooms = rooms.filter(Q(name__icontains=search) | Q(slug__icontains=search))
    ordered = rooms.order_by(F("last_at").desc(nulls_last=True), "slug")[:limit]
    return [room_row(room, role=None, last_read_no=room.post_count) for room in ordered]


def rooms_joined(user_ids: Iterable[int]) -> dict[int, list[str]]:
    """The slugs of the rooms each user belongs to."""
    members = Membership.objects.filter(user_id__in=user_ids, status=Status.MEMBER)
    slugs: defaultdict[int, list[str]] = defaultdict(list)
    for user_id, slug in members.values_list("user_id", "room__slug"):
        slugs[user_id].append(slug)
    return dict(slugs)


def room_detail(access: Access) -> dict[str, Any]:
    """A room and what the user is in it: `{…room, me: {role, muted_until, last_read_no}}`."""
    return {**room_data(access.room), "me": access.me()}


def member_list(room: Room) -> list[dict[str, Any]]:
    """Who belongs to the room: `{id, name, role, joined_at}`, owners first, then by name."""
    members = Membership.objects.filter(room=room, status=Status.MEMBER)
    rows = members.values_list("user_id", "user__username", "role", "joined_at")
    found = sorted(rows, key=lambda row: (_ROLE_ORDER[Role(row[2])], row[1].lower()))
    return [{"id": pk, "name": name, "role": role, "joined_at": utc_text(at)} for pk, name, role, at in found]


def users_met(viewer_id: int, user_ids: Collection[int]) -> set[int]:
    """Of these users, those who are in a room with the viewer now."""
    rooms = Membership.objects.filter(user_id=viewer_id, status=Status.MEMBER).values("room_id")
    met = Membership.objects.filter(room_id__in=rooms, user_id__in=user_ids, status=Status.MEMBER)
    return set(met.values_list("user_id", flat=True).distinct())


def message_history(
    room: Room,
    *,
    before: int | None = None,
    after: int | None = None,
    around: int | None = None,
    limit: int = 50,
) -> Page:
    """One page of messages by keyset: older than `before`, or the next after `after` (both a `posted_seq`),
    or those `around` a message's id with it in their middle; without any, the newest.

    Raises Invalid (`limit`, `around`) and NotFound (no such message in this room).
    """
    if not 1 <= limit <= HISTORY_MAX:
        raise Invalid(f"A page has 1 to {HISTORY_MAX} messages.", field="limit")
    if around is not None:
        if before is not None or after is not None:
            raise Invalid("Ask for messages around one, or before and after others; not both.", field="around")
        return _around(room, around, limit)
    messages = Message.objects.filter(room=room)
    if before is not None:
        messages = messages.filter(posted_seq__lt=before)
    if after is None:
        return _older(messages, limit)
    rows = message_rows(messages.filter(posted_seq__gt=after).order_by("posted_seq")[: limit + 1])
    return Page(rows[:limit][::-1], has_more=len(rows) > limit)


# --- helpers --------------------------------------------------------------------------------------


def _older(messages: QuerySet[Message], limit: int) -> Page:
    rows = message_rows(messages.order_by("-posted_seq")[: limit + 1])
    return Page(rows[:limit], has_more=len(rows) > limit)


def _around(room: Room, message_id: int, limit: int) -> Page:
    """Half of the page newer, the rest from the message on older; at either end the other side fills up."""
    messages = Message.objects.filter(room=room)
    middle = messages.filter(pk=message_id).values_list("posted_seq", flat=True).first()
    if middle is None:
        raise NotFound("There is no such message in this room.")
    newer = message_rows(messages.filter(posted_seq__gt=middle).order_by("posted_seq")[:limit])
    older = _older(messages.filter(posted_seq__lte=middle), limit)
    kept = max(limit // 2, limit - len(older.messages))
    above = newer[: min(kept, limit - 1)][::-1]
    below = older.messages[: limit - len(above)]
    return Page(above + below, has_more=older.has_more or len(below) < len(older.messages))


def _member_row(membership: Membership, mentions: int) -> dict[str, Any]:
    return room_row(
        membership.room,
        role=membership.role,
        last_read_no=membership.last_read_no,
        muted_notifications=membership.muted_notifications,
        mentions=mentions,
    )
