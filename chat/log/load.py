"""The reads at the start of `append`: lock the rooms, then look up all the batch needs, one query per table.

Order everywhere: rooms by id, then memberships by id, then messages. Whoever keeps to it meets no deadlock.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Count, Q

from chat.log import statements
from chat.log.batch import Known, Member, User
from chat.log.changes import Change, Delete, Edit, Join, Keyed, Leave, Post, Restrict, SetRole, SetRoom
from chat.models import Membership, Message, MessageKey, Role, Room, Status
from chat.rows import MessageRow, message_rows

__all__ = ["count_owners", "find_messages", "lock_rooms", "look_up"]


def lock_rooms(room_ids: Iterable[int], *, wait: bool = True) -> dict[int, Room]:
    """Lock rooms in the order of their ids. wait=False: leave out those that somebody else holds.

    SQLite has no row locks and needs none: an IMMEDIATE transaction is the only writer there is.
    """
    if connection.vendor == "postgresql":
        return statements.lock_rooms(room_ids, wait=wait)
    return {room.pk: room for room in Room.objects.filter(pk__in=set(room_ids)).order_by("pk")}


def look_up(changes: Sequence[Change]) -> statements.Found:
    """Who the batch is about: their accounts, their memberships (locked), and what its keys have done before."""
    keyed = [change for change in changes if isinstance(change, Keyed)]
    if connection.vendor == "postgresql" and keyed and len(keyed) == len(changes):
        return statements.look_up(keyed)
    members = _lock_members(changes)
    return _find_users(changes), members, _find_keys(keyed)


def find_messages(changes: Sequence[Change]) -> dict[int, MessageRow]:
    """The messages that the batch changes or replies to."""
    ids = {change.message_id for change in changes if isinstance(change, Edit | Delete)}
    ids |= {change.reply_to for change in changes if isinstance(change, Post) and change.reply_to is not None}
    return {row.id: row for row in message_rows(Message.objects.filter(pk__in=ids))} if ids else {}


def count_owners(changes: Sequence[Change]) -> dict[int, int]:
    """How many owners each room has in which one may cease to be one: the last is held back."""
    left = {change.room_id for change in changes if isinstance(change, Leave | Restrict | SetRole)}
    if not left:
        return {}
    owners = Membership.objects.filter(room_id__in=left, role=Role.OWNER, status=Status.MEMBER)
    return dict(owners.order_by().values_list("room_id").annotate(Count("pk")))


def _lock_members(changes: Sequence[Change]) -> dict[tuple[int, int], Member]:
    """The memberships of everybody who acts in the batch or is acted on."""
    pairs: defaultdict[int, set[int]] = defaultdict(set)
    for change in changes:
        pairs[change.room_id].update(_user_ids(change))
    if not any(pairs.values()):
        return {}
    locked = Membership.objects.select_for_update(no_key=True)
    found = locked.filter(_either(Q(room_id=room, user_id__in=users) for room, users in pairs.items() if users))
    columns = (
        *("id", "room_id", "user_id", "role", "status", "last_read_no", "last_posted_at", "muted_until"),
        "muted_notifications",
    )
    members = (Member(*values) for values in found.order_by("pk").values_list(*columns))
    return {(member.room_id, member.user_id): member for member in members}


def _find_users(changes: Sequence[Change]) -> dict[int, User]:
    """The accounts of everybody in the batch."""
    ids = {user for change in changes for user in _user_ids(change)}
    found = get_user_model().objects.filter(pk__in=ids).values_list("pk", "username", "is_active", "is_staff")
    return {pk: User(name, is_active, is_staff) for pk, name, is_active, is_staff in found} if ids else {}


def _find_keys(changes: Sequence[Keyed]) -> dict[tuple[int, int, uuid.UUID], Known]:
    """What the batch's keys have done before. Looked up under the room's lock, so nobody else adds one."""
    wanted: defaultdict[int, list[Keyed]] = defaultdict(list)
    for change in changes:
        wanted[change.room_id].append(change)
    if not wanted:
        return {}
    query = _either(Q(room_id=room, key__in=[change.key for change in asked]) for room, asked in wanted.items())
    columns = ("room_id", "author_id", "key", "seq", "message_id", "digest", "message__created_at")
    return {
        (room, author, key): Known(seq, message, bytes(digest), created_at)
        for room, author, key, seq, message, digest, created_at in MessageKey.objects.filter(query).values_list(
            *columns
        )
    }


def _user_ids(change: Change) -> set[int]:
    match change:
        case Leave(user_id=user_id):
            return {user_id}
        case Join(user_id=user_id, by=by) | SetRole(user_id=user_id, by=by) | Restrict(user_id=user_id, by=by):
            return {user_id} if by is None else {user_id, by}
        case SetRoom(by=by):
            return set() if by is None else {by}
        case _:
            return {change.author_id}


def _either(queries: Iterable[Q]) -> Q:
    union = Q()
    for query in queries:
        union |= query
    return union
