"""Writes what presence keeps in the database; the only writer of its table."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import Q

from presence.models import PresenceRecord
from presence.roster import Choice, Chosen
from realtime.hub import publish_event, signal
from realtime.hub.doors import PROCESS_STREAM
from realtime.moments import micros

__all__ = ["CHOICE_SIGNAL", "ME_TOPIC", "choice_set", "last_seen_record", "me_stream"]

CHOICE_SIGNAL = "presence_choice"
ME_TOPIC = "user/presence"
SLICE = 500


def me_stream(user_id: int) -> str:
    """What the devices of one user hear of each other."""
    return f"presence-user/{user_id}"


def choice_set(user_id: int, choice: Choice) -> None:
    """Choose how all devices of a user show them; told to every process, and to the user's other devices."""
    now = datetime.now(UTC)
    with transaction.atomic():
        PresenceRecord.objects.update_or_create(user_id=user_id, defaults={"choice": choice.value, "chosen_at": now})
        transaction.on_commit(partial(_tell, user_id, Chosen(choice, micros(now))))


def last_seen_record(user_ids: Sequence[int], at: datetime) -> None:
    """They were here at that time, unless a later one is known. Users that are deleted meanwhile are passed over."""
    for start in range(0, len(user_ids), SLICE):
        some = sorted(user_ids[start : start + SLICE])
        try:
            _record(some, at)
        except IntegrityError:  # one of them was deleted in this moment
            for user_id in some:
                with contextlib.suppress(IntegrityError):
                    _record([user_id], at)


def _record(user_ids: Sequence[int], at: datetime) -> None:
    with transaction.atomic():
        records = PresenceRecord.objects.filter(user_id__in=user_ids)
        records.filter(Q(last_seen_at__lt=at) | Q(last_seen_at=None)).update(last_seen_at=at)
        missing = set(user_ids) - set(records.values_list("user_id", flat=True))
        if missing:
            known = get_user_model().objects.filter(pk__in=missing).values_list("pk", flat=True)
            rows = [PresenceRecord(user_id=user_id, last_seen_at=at) for user_id in sorted(known)]
            PresenceRecord.objects.bulk_create(rows, ignore_conflicts=True)


def _tell(user_id: int, chosen: Chosen) -> None:
    signal(PROCESS_STREAM, CHOICE_SIGNAL, {"user": user_id, "choice": chosen.choice.value, "at": chosen.at})
    publish_event(me_stream(user_id), ME_TOPIC, "choice", {"choice": chosen.choice.value})
