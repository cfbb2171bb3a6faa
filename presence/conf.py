"""Presence's settings: `settings.PRESENCE` over the defaults that stand here (docs/reference/settings.md)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver
from django.utils.module_loading import import_string

__all__ = ["PresenceConf", "conf", "may_see"]


@dataclass(frozen=True, slots=True)
class PresenceConf:
    """Every setting of presence with its default; `_S` are seconds.

    SUBJECT: the topic whose access decides who sees a room's presence. MAY_SEE: dotted path of
    `(viewer_id, user_ids) -> ids` whose status the viewer may ask for outside of rooms; "" is nobody's, and staff asks
    for all. ALWAYS: take part from the start of a server on, and reap what others left; else from the first person on.
    REDIS_URL: "" keeps presence in memory. PRESENCE_LIST_MAX: above so many present a room is told as a
    number, and its people by pages.
    """

    SUBJECT: str = "chat/{room}"
    MAY_SEE: str = ""
    REDIS_URL: str = ""
    PREFIX: str = "chorus"
    ALWAYS: bool = False
    PRESENCE_GRACE_S: float = 5.0
    PRESENCE_TICK_S: float = 0.5
    PRESENCE_LIST_MAX: int = 1_000


@cache
def conf() -> PresenceConf:
    """The settings in force."""
    return PresenceConf(**getattr(settings, "PRESENCE", {}))


@cache
def _rule() -> Callable[[int, Collection[int]], Collection[int]] | None:
    path = conf().MAY_SEE
    return import_string(path) if path else None


def may_see(viewer_id: int, user_ids: Collection[int]) -> set[int]:
    """Of these users, those whose status and last-seen time the viewer may know. Reads the database."""
    rule = _rule()
    return set() if rule is None else set(rule(viewer_id, user_ids))


@receiver(setting_changed)
def _forget(*, setting: str, **_: Any) -> None:
    if setting == "PRESENCE":
        conf.cache_clear()
        _rule.cache_clear()
