"""What would otherwise show at the first subscription stops the process at start, with a sentence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from realtime.conf import conf
from realtime.topics import registry

__all__ = ["check_topics"]


@register()
def check_topics(app_configs: Any = None, **_: Any) -> Iterable[CheckMessage]:
    """The topics can be imported."""
    try:
        registry()
    except (ImportError, ImproperlyConfigured) as error:
        return [Error(f"REALTIME['TOPICS'] is {conf().TOPICS!r}, which cannot be used: {error}", id="realtime.E001")]
    return []
