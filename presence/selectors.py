"""Reads what presence keeps in the database."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db.models import QuerySet

from presence.models import PresenceRecord
from presence.roster import Choice, Chosen
from realtime.moments import micros

__all__ = ["choices_of", "choices_since", "last_seen"]


def choices_of(user_ids: Sequence[int]) -> dict[int, Chosen]:
    """What these users chose, in one query; those who never chose are AUTO."""
    return dict.fromkeys(user_ids, Chosen()) | _chosen(PresenceRecord.objects.filter(user_id__in=user_ids))


def choices_since(since: datetime) -> dict[int, Chosen]:
    """Who chose something after `since`, and what."""
    return _chosen(PresenceRecord.objects.filter(chosen_at__gt=since))


def last_seen(user_ids: Collection[int]) -> dict[int, datetime]:
    """When these users were last seen, where that is known."""
    rows = PresenceRecord.objects.filter(user_id__in=user_ids, last_seen_at__isnull=False)
    return {user_id: at for user_id, at in rows.values_list("user_id", "last_seen_at") if at is not None}


def _chosen(records: QuerySet[PresenceRecord]) -> dict[int, Chosen]:
    rows = records.values_list("user_id", "choice", "chosen_at")
    # A choice that a newer version of this program knows is none to this one.
    known = set(Choice)
    return {
        user_id: Chosen(Choice(choice), 0 if at is None else micros(at))
        for user_id, choice, at in rows
        if choice in known
    }
