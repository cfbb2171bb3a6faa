"""What would otherwise show at the first subscription stops the process at start, with a sentence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from channels.exceptions import InvalidChannelLayerError
from channels.layers import get_channel_layer
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from realtime import tracing
from realtime.conf import conf
from realtime.topics import registry

__all__ = ["check_layer", "check_pool", "check_topics", "check_tracing", "register"]


def register() -> None:
    """Have Django run them; called once by the app's `ready()`."""
    checks.register(check_topics)
    checks.register(check_layer)
    checks.register(check_pool)
    checks.register(check_tracing)


def check_topics(app_configs: Any = None, **_: Any) -> Iterable[checks.CheckMessage]:
    """The topics can be imported."""
    try:
        registry()
    except (ImportError, ImproperlyConfigured) as error:
        text = f"REALTIME['TOPICS'] is {conf().TOPICS!r}, which cannot be used: {error}"
        return [checks.Error(text, id="realtime.E001")]
    return []


def check_layer(app_configs: Any = None, **_: Any) -> Iterable[checks.CheckMessage]:
    """The channel layer can be made of its settings. Whether its broker answers is not asked."""
    try:
        get_channel_layer()
    except (InvalidChannelLayerError, OSError, TypeError, ValueError) as error:
        return [checks.Error(f"The channel layer cannot be made: {error}", id="realtime.E002")]
    return []


def check_pool(app_configs: Any = None, **_: Any) -> Iterable[checks.CheckMessage]:
    """The pool of database connections has more than the engine's threads keep, so that pages get one too."""
    pool = settings.DATABASES["default"].get("OPTIONS", {}).get("pool")
    if not isinstance(pool, dict) or pool.get("max_size") is None:
        return []
    kept = conf().READERS + 2
    if pool["max_size"] > kept:
        return []
    text = (
        f"DATABASE_POOL_MAX is {pool['max_size']}, and CHORUS_READERS is {conf().READERS}: the engine's threads keep "
        f"{kept} connections, so pages would wait for one in vain. Give DATABASE_POOL_MAX at least {kept + 1}."
    )
    return [checks.Error(text, id="realtime.E003")]


def check_tracing(app_configs: Any = None, **_: Any) -> Iterable[checks.CheckMessage]:
    """Who wants traces has what makes them."""
    if not tracing.wanted() or tracing.installed():
        return []
    text = "CHORUS_TRACES is on, and OpenTelemetry is not installed: add requirements/tracing.txt, or turn it off."
    return [checks.Error(text, id="realtime.E004")]
