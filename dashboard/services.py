"""Writes: a state that is pushed, and how a user arranged a dashboard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from dashboard.models import Arrangement
from dashboard.pushes import PUSHED, push_data
from dashboard.source import find_source
from realtime.hub import signal
from realtime.hub.doors import PROCESS_STREAM

__all__ = ["PANELS_MAX", "arrangement_save", "publish_state"]

PANELS_MAX = 200


def publish_state(name: str, state: msgspec.Struct) -> None:
    """Tell everybody who looks that the source `name` has this state now. From any thread, and from commands.

    Returns at once. Of states that come faster than they can be told the newest wins; after a commit call it by
    `transaction.on_commit`. With Redis away it reaches this process' readers alone. Raises LookupError for a source
    that is not registered, and TypeError for a state that is not the source's, or has a value of another type.
    """
    source = find_source(name)
    if source is None:
        raise LookupError(f"There is no dashboard source named {name!r}.")
    signal(PROCESS_STREAM, PUSHED, push_data(source, state))


def arrangement_save(*, user_id: int, source: str, order: Sequence[str], hidden: Sequence[str]) -> dict[str, Any]:
    """Keep how a user has the panels of a dashboard; what is kept."""
    kept = {"order": list(dict.fromkeys(order)), "hidden": list(dict.fromkeys(hidden))}
    Arrangement.objects.update_or_create(user_id=user_id, source=source, defaults=kept)
    return kept
