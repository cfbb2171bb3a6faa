"""The count and the list of accesses that changed: who logged out, changed a password, was shut out.

`access_changed` is called inside the transaction that changes somebody's access. Other processes hear of
it by a signal at once, or, with the broker away, by the one row they read each tick. Knows users by id.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet, Subquery
from django.db.models.functions import Coalesce

from realtime.hub import signal
from realtime.hub.doors import PROCESS_STREAM
from realtime.models import AccessChange, AccessVersion

__all__ = ["KEPT", "SIGNAL", "access_changed", "access_version", "users_changed_since", "with_access_version"]

SITE = "site"
SIGNAL = "access_changed"
# At a log-out a second this is a quarter of an hour; a process that slept longer looks at everybody once.
KEPT = 1_000


def access_changed(user_ids: Iterable[int]) -> None:
    """Note that these users' access may have ended, and tell every process on commit.

    Call it in the transaction of the change, as the last thing: it locks the one `site` row until the
    commit. To be called by hand for what sends no model signals: `QuerySet.update`, raw SQL, a ban.
    """
    users = list(dict.fromkeys(user_ids))
    if not users:
        return
    with transaction.atomic():
        version = _raised(len(users))
        first = version - len(users) + 1
        changes = [AccessChange(version=first + n, user_id=user) for n, user in enumerate(users)]
        AccessChange.objects.bulk_create(changes[-KEPT:])
        AccessChange.objects.filter(version__lte=version - KEPT).delete()
        for user in users:
            transaction.on_commit(partial(signal, PROCESS_STREAM, SIGNAL, {"user": user}))


def access_version() -> int:
    """How often access changed on this site; it only grows."""
    return AccessVersion.objects.filter(scope=SITE).values_list("version", flat=True).first() or 0


def with_access_version(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The same rows, each with `access_version`: read in one statement, so as of the same moment as they are."""
    version = AccessVersion.objects.filter(scope=SITE).values("version")[:1]
    annotated: QuerySet[Any] = rows.annotate(access_version=Coalesce(Subquery(version), 0))
    return annotated


def users_changed_since(version: int, now: int) -> set[int] | None:
    """Whose access changed after `version` up to `now`, or None where the list does not reach back that far."""
    rows = AccessChange.objects.filter(version__gt=version, version__lte=now).values_list("user_id", flat=True)
    users = list(rows)
    return set(users) if len(users) == now - version else None


def _raised(by: int) -> int:
    """Raise the count and return it. The row's lock makes versions appear in the order they commit."""
    site = AccessVersion.objects.filter(scope=SITE)
    if not site.update(version=F("version") + by):
        AccessVersion.objects.get_or_create(scope=SITE)
        site.update(version=F("version") + by)
    return site.values_list("version", flat=True).get()
