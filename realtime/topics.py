"""Topics are registered the way Django registers URLs: a pattern with converters, and a consumer.

    # chat/topics.py                                        # config/topics.py
    topic_patterns = [topic("chat/<slug:room>", ChatConsumer)]  topic_patterns = [include("chat.topics")]

The registry is the one place that says which class answers a topic and whether somebody may subscribe to
it. It knows consumers by their class only.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.urls.resolvers import RoutePattern

from realtime.conf import conf
from realtime.protocol.errors import NotFound

if TYPE_CHECKING:
    from realtime.consumers.topic import TopicConsumer

__all__ = ["TopicPattern", "Topics", "include", "registry", "topic"]


class TopicPattern:
    """One pattern and the consumer that answers it."""

    def __init__(self, route: str, consumer: type[TopicConsumer]) -> None:
        self.route = route
        self.consumer = consumer
        self._pattern = RoutePattern(route, is_endpoint=True)

    def match(self, name: str) -> dict[str, Any] | None:
        """The converted arguments, or None."""
        found = self._pattern.match(name)
        return None if found is None else dict(found[2])


class Topics:
    """All patterns of a project, asked in order."""

    def __init__(self, patterns: Sequence[TopicPattern]) -> None:
        self.patterns = tuple(patterns)

    def resolve(self, name: str) -> tuple[type[TopicConsumer], dict[str, Any]]:
        """The consumer and its arguments. Raises NotFound, the same answer as for what one may not see."""
        for pattern in self.patterns:
            kwargs = pattern.match(name)
            if kwargs is not None:
                return pattern.consumer, kwargs
        raise NotFound

    def route(self, name: str) -> str:
        """The pattern a topic matches; "" for none."""
        return next((pattern.route for pattern in self.patterns if pattern.match(name) is not None), "")


Patterns = Sequence["TopicPattern | Sequence[TopicPattern]"]


def topic(route: str, consumer: type[TopicConsumer]) -> TopicPattern:
    """`topic("chat/<slug:room>", ChatConsumer)`; converters are those of `django.urls.path`."""
    return TopicPattern(route, consumer)


def include(module: str) -> list[TopicPattern]:
    """The `topic_patterns` of a module named by its dotted path.

    Raises ImproperlyConfigured if the module has none.
    """
    try:
        patterns: Patterns = import_module(module).topic_patterns
    except AttributeError as error:
        raise ImproperlyConfigured(f"{module} has no topic_patterns.") from error
    return list(_flat(patterns))


@functools.cache
def registry() -> Topics:
    """The project's topics: those of the module that REALTIME["TOPICS"] names."""
    return Topics(include(conf().TOPICS))


def _flat(patterns: Patterns) -> Iterator[TopicPattern]:
    for entry in patterns:
        if isinstance(entry, TopicPattern):
            yield entry
        else:
            yield from entry


def _forget(*, setting: str, **_: Any) -> None:
    if setting == "REALTIME":
        registry.cache_clear()


setting_changed.connect(_forget)
