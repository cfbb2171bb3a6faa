"""Unread mentions: a row for each member that a message names, kept while the message names them.

What counts as unread is decided when it is read: mentions above the member's `last_read_no`. Costs nothing
for a batch without an "@" and without edits.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from django.db.models import Count, F, QuerySet
from django.db.models.functions import Lower

from chat.log.batch import Batch, ToUser
from chat.models import Membership, Mention, Status
from chat.rows import MessageRow, insert_rows
from chat.texts import names_in

__all__ = ["unread_mentions", "write_mentions"]


def write_mentions(batch: Batch) -> None:
    """Bring the mentions of what the batch posted and changed up to date; tell those it concerns."""
    concerned = _forget(list(batch.changed))
    messages = (*batch.posted, *batch.changed.values())
    wanted = [(row, names) for row in messages if row.text and (names := names_in(row.text))]
    if wanted:
        concerned |= _remember(wanted)
    if concerned:
        _tell(batch, concerned)


def unread_mentions(memberships: QuerySet[Membership]) -> Counter[int]:
    """How many unread mentions each of these memberships has, by its id; rows of mentions, not of messages."""
    unread = Mention.objects.filter(membership__in=memberships, post_no__gt=F("membership__last_read_no"))
    return Counter(dict(unread.order_by().values_list("membership_id").annotate(Count("pk"))))


def _forget(message_ids: list[int]) -> set[int]:
    if not message_ids:
        return set()
    mentions = Mention.objects.filter(message_id__in=message_ids)
    concerned = set(mentions.values_list("membership_id", flat=True))
    if concerned:
        mentions.delete()
    return concerned


def _remember(wanted: list[tuple[MessageRow, set[str]]]) -> set[int]:
    found = _members_named({row.room_id for row, _ in wanted}, set().union(*(names for _, names in wanted)))
    rows = {
        (membership, row.id, row.post_no)
        for row, names in wanted
        for name in names
        for membership, user, read_no in found.get((row.room_id, name), ())
        if user != row.author_id and row.post_no > read_no
    }
    insert_rows(Mention, ("membership_id", "message_id", "post_no"), sorted(rows))
    return {membership for membership, _, _ in rows}


def _members_named(rooms: set[int], names: set[str]) -> dict[tuple[int, str], list[tuple[int, int, int]]]:
    """(room, name) to (membership, user, last_read_no)."""
    members = Membership.objects.filter(room_id__in=rooms, status=Status.MEMBER)
    named = members.annotate(name=Lower("user__username")).filter(name__in=names)
    found: defaultdict[tuple[int, str], list[tuple[int, int, int]]] = defaultdict(list)
    for room, name, *member in named.values_list("room_id", "name", "pk", "user_id", "last_read_no"):
        found[room, name].append((member[0], member[1], member[2]))
    return found


def _tell(batch: Batch, concerned: set[int]) -> None:
    members = Membership.objects.filter(pk__in=concerned)
    counts = unread_mentions(members)
    for pk, user_id, slug in members.values_list("pk", "user_id", "room__slug"):
        batch.to_users.append(ToUser(user_id, "room_mentions", {"slug": slug, "mentions": counts[pk]}))
