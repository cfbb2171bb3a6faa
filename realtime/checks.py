"""What would otherwise show at the first subscription stops the process at start, with a sentence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from realtime.conf import conf
from realtime.topics import registry

__all__ = ["check_topics", "register"]


def register() -> None:
    """Have Django run them; called once by the app's `ready()`."""
    checks.register(check_topics)


def check_topics(app_configs: Any = None, **_: Any) -> Iterable[checks.CheckMessage]:
    """The topics can be imported."""
    try:
        registry()
    except (ImportError, ImproperlyConfigured) as error:
        text = f"REALTIME['TOPICS'] is {conf().TOPICS!r}, which cannot be used: {error}"
        return [checks.Error(text, id="realtime.E001")]
    return []
