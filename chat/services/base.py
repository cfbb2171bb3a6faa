"""What every service shares: its transaction, and one change through the log's door."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import overload

from django.db import Error, transaction

from chat.log import Change, Changed, Delete, Edit, Post, Posted, append
from chat.log.changes import Unkeyed
from realtime.database import is_away, is_collision
from realtime.protocol.errors import RealtimeError, Unavailable

__all__ = ["SLICE", "one_change", "writing"]

SLICE = 200
"""Bulk work holds a room's lock for no more changes than this at a time."""


@contextmanager
def writing() -> Iterator[None]:
    """A transaction; a database that is away or in the way comes out as Unavailable."""
    try:
        with transaction.atomic():
            yield
    except Error as error:
        if is_away(error) or is_collision(error):
            raise Unavailable("The database is away; whether this was written is unknown.") from error
        raise


@overload
def one_change(change: Post) -> Posted: ...
@overload
def one_change(change: Edit | Delete | Unkeyed) -> Changed: ...
def one_change(change: Change) -> Posted | Changed:
    """Write one change, in a transaction of its own or the caller's. Raises its refusal."""
    with writing():
        (result,) = append([change])
        if isinstance(result, RealtimeError):
            raise result
    assert isinstance(result, Posted | Changed)  # nothing is deferred by one that waits
    return result
