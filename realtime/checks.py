"""What would otherwise show at the first subscription stops the process at start, with a sentence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from channels.exceptions import InvalidChannelLayerError
from channels.layers import get_channel_layer
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from realtime.conf import conf
from realtime.topics import registry

__all__ = ["check_layer", "check_topics", "register"]


def register() -> None:
    """Have Django run them; called once by the app's `ready()`."""
    checks.register(check_topics)
    checks.register(check_layer)


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
