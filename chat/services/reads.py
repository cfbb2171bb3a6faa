"""How far somebody has read. Never goes back; touches no log and takes no room's lock.

Sockets mark for many people at once, so the one function takes many marks and is a fixed number of queries.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from django.db import transaction
from django.db.models import F, Q

from chat.access import Who
from chat.log import unread_mentions
from chat.models import Membership, Mention, Room, Status
from chat.rows import update_rows
from chat.services.base import writing
from chat.streams import USER_TOPIC, user_stream
from realtime.hub import Item, Publication, publish

__all__ = ["Mark", "read_mark", "read_marks"]


class Mark(NamedTuple):
    """Everything up to post `no` of a room is read by a user."""

    room_id: int
    user_id: int
    no: int


def read_mark(*, room: Room, user: Who, no: int) -> int:
    """Mark as read up to `no`; returns how far they have read now. Beyond the last post is the last post.

    Nothing happens for one who is no member. The user's other tabs hear `room_read`.
    """
    mark = Mark(room.pk, user.id, no)
    return read_marks([mark])[mark]


def read_marks(marks: Sequence[Mark]) -> dict[Mark, int]:
    """`read_mark` for many at once, in one transaction."""
    furthest: dict[tuple[int, int], int] = {}
    for mark in marks:
        pair = (mark.room_id, mark.user_id)
        furthest[pair] = max(mark.no, furthest.get(pair, 0))
    with writing():
        now_read = _mark(furthest)
    return {mark: now_read.get((mark.room_id, mark.user_id), 0) for mark in marks}


def _mark(furthest: dict[tuple[int, int], int]) -> dict[tuple[int, int], int]:
    rooms = {pk: (slug, count) for pk, slug, count in _rooms({room_id for room_id, _ in furthest})}
    members = _lock_members(furthest)
    for member in members:
        wanted = min(furthest[member.room_id, member.user_id], rooms[member.room_id][1])
        member.last_read_no = max(member.last_read_no, wanted)
    update_rows(Membership, ("id", "last_read_no"), [(member.pk, member.last_read_no) for member in members])
    ids = [member.pk for member in members]
    Mention.objects.filter(membership_id__in=ids, post_no__lte=F("membership__last_read_no")).delete()
    mentions = unread_mentions(Membership.objects.filter(pk__in=ids))
    told = [_room_read(member, rooms[member.room_id][0], mentions[member.pk]) for member in members]
    transaction.on_commit(partial(publish, told), robust=True)
    return {(member.room_id, member.user_id): member.last_read_no for member in members}


def _rooms(ids: set[int]) -> list[tuple[int, str, int]]:
    return list(Room.objects.filter(pk__in=ids).order_by().values_list("pk", "slug", "post_count"))


def _lock_members(pairs: dict[tuple[int, int], int]) -> list[Membership]:
    """In the order of their ids, as the log locks them: two who lock in different orders wait for ever."""
    wanted = Q()
    for room_id in {room_id for room_id, _ in pairs}:
        wanted |= Q(room_id=room_id, user_id__in=[user_id for room, user_id in pairs if room == room_id])
    members = Membership.objects.select_for_update(no_key=True).filter(wanted, status=Status.MEMBER)
    return list(members.only("pk", "room_id", "user_id", "last_read_no").order_by("pk"))


def _room_read(member: Membership, slug: str, mentions: int) -> Publication:
    data = {"slug": slug, "last_read_no": member.last_read_no, "mentions": mentions}
    return Publication(user_stream(member.user_id), (Item.of(USER_TOPIC, "room_read", data),))
