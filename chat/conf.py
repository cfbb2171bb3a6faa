"""Chat's settings: `settings.CHAT` over the defaults that stand here (docs/reference/settings.md)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver

__all__ = ["ChatConf", "conf"]


@dataclass(frozen=True, slots=True)
class ChatConf:
    """Every setting of chat with its default.

    QUEUE_MAX: changes waiting for the writer, then `unavailable`. BATCH_MAX: changes in one transaction.
    """

    ROOM_MAX_MEMBERS: int = 500
    KEY_DAYS: int = 7
    QUEUE_MAX: int = 10_000
    BATCH_MAX: int = 200


@cache
def conf() -> ChatConf:
    """The settings in force."""
    return ChatConf(**getattr(settings, "CHAT", {}))


@receiver(setting_changed)
def _forget(*, setting: str, **_: Any) -> None:
    if setting == "CHAT":
        conf.cache_clear()
