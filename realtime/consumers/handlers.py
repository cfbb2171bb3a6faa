"""`@handles("message.post")`: which method answers which event of a client, and with what payload type.

Read once per class, so that a frame costs one dictionary look-up. Knows msgspec and nothing of sockets.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured

__all__ = ["Handler", "handlers_of", "handles"]

F = TypeVar("F", bound=Callable[..., Any])
_MARK = "_handles"


class Handler:
    """One client event: its method, its payload type, whether it replies and whether it wants the key."""

    __slots__ = ("event", "is_async", "method", "payload", "reply", "wants_key")

    def __init__(self, event: str, method: Callable[..., Any], *, reply: bool) -> None:
        self.event = event
        self.method = method
        self.reply = reply
        self.is_async = inspect.iscoroutinefunction(method)
        parameters = list(inspect.signature(method).parameters)[1:]
        self.wants_key = "key" in parameters
        names = [name for name in parameters if name != "key"]
        if len(names) != 1:
            raise ImproperlyConfigured(f"{method.__qualname__} takes a payload and at most `key` besides.")
        self.payload: Any = typing.get_type_hints(method).get(names[0], dict)


def handles(event: str, *, reply: bool = True) -> Callable[[F], F]:
    """Mark a method as the handler of a client's event.

    The payload's type is its annotation (a msgspec.Struct that forbids unknown fields refuses them by
    name). A plain `def` must not block and may return a future: the reply follows when it is done and
    reading goes on. An `async def` is awaited before the next request to the same topic is looked at.
    reply=False: nothing is answered but errors to requests that carry an `id`.
    """

    def mark(method: F) -> F:
        setattr(method, _MARK, (event, reply))
        return method

    return mark


def handlers_of(cls: type) -> dict[str, Handler]:
    """Every handler of a class and its bases, by event; a subclass' method of the same event wins."""
    found: dict[str, Handler] = {}
    for base in reversed(cls.__mro__):
        for method in vars(base).values():
            if (mark := getattr(method, _MARK, None)) is not None:
                found[mark[0]] = Handler(mark[0], method, reply=mark[1])
    return found
