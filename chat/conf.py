"""Chat's settings: `settings.CHAT` over the defaults that stand here (docs/reference/settings.md)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver
from django.utils.module_loading import import_string

__all__ = ["ChatConf", "conf", "present"]


@dataclass(frozen=True, slots=True)
class ChatConf:
    """Every setting of chat with its default.

    QUEUE_MAX: changes waiting for the writer, then `unavailable`. BATCH_MAX: changes in one transaction.
    PRESENT: dotted path of `(slug) -> int | None`, how many are in a room now; "" where nobody knows.
    """

    ROOM_MAX_MEMBERS: int = 500
    KEY_DAYS: int = 7
    QUEUE_MAX: int = 10_000
    BATCH_MAX: int = 200
    PRESENT: str = ""


@cache
def conf() -> ChatConf:
    """The settings in force."""
    return ChatConf(**getattr(settings, "CHAT", {}))


def present(slug: str) -> int | None:
    """How many people are in a room now, as far as this process has heard; None where nobody knows."""
    asked = _present()
    return None if asked is None else asked(slug)


@cache
def _present() -> Callable[[str], int | None] | None:
    path = conf().PRESENT
    return import_string(path) if path else None


@receiver(setting_changed)
def _forget(*, setting: str, **_: Any) -> None:
    if setting == "CHAT":
        conf.cache_clear()
        _present.cache_clear()
