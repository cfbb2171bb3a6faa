"""Dashboards' settings: `settings.DASHBOARD` over the defaults that stand here (docs/reference/settings.md)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver

__all__ = ["DashboardConf", "conf"]


@dataclass(frozen=True, slots=True)
class DashboardConf:
    """Every setting of the dashboards with its default.

    REDIS_URL: "" keeps them in memory, each process for itself. ALWAYS: compute from the start of a server on; else
    from the first reader on.
    """

    REDIS_URL: str = ""
    PREFIX: str = "chorus"
    ALWAYS: bool = False


@cache
def conf() -> DashboardConf:
    """The settings in force."""
    return DashboardConf(**getattr(settings, "DASHBOARD", {}))


@receiver(setting_changed)
def _forget(*, setting: str, **_: Any) -> None:
    if setting == "DASHBOARD":
        conf.cache_clear()
