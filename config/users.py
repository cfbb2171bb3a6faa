"""Who is being answered, for the lines of the log that are written meanwhile. Read by the settings: imports no part."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from django.utils.functional import LazyObject, empty

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from django.http import HttpRequest

__all__ = ["add_user", "answering"]

answering: ContextVar[HttpRequest | None] = ContextVar("answering", default=None)


def add_user(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Processor of structlog: who asked, once that is known. To find out for a line of the log would be a query."""
    request = answering.get()
    if request is not None and (user := _known_user(request)) is not None:
        event.setdefault("user", user)
    return event


def _known_user(request: HttpRequest) -> int | None:
    user = getattr(request, "user", None)
    if isinstance(user, LazyObject) and user.__dict__.get("_wrapped", empty) is empty:
        return None
    id: int | None = getattr(user, "pk", None)
    return id
