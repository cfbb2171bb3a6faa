"""What a database error means to the engine: try again, away, or the data's fault. And statements without the ORM.

Knows Django's error classes and the SQLSTATE codes of PostgreSQL; knows no model. Used by the
executors (reads) and by the group-commit runner (writes). See docs/explanation in design: a batch that
fails by its data is halved, one that collided is run again, one that lost its server is `unavailable`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import Error, InterfaceError, OperationalError, connection

__all__ = ["fetch", "is_away", "is_collision", "sqlstate"]

# https://www.postgresql.org/docs/15/errcodes-appendix.html
_COLLISIONS = frozenset({"40001", "40P01", "55P03"})  # serialization failure, deadlock, lock not available
_SQLITE_BUSY = ("database is locked", "database table is locked", "database is busy")


def fetch(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run a statement on PostgreSQL, prepared by the server at its first use, and give its rows.

    For the few that every message needs: Django's cursors put parameters into the text, so that the server parses
    and plans each anew. Raises Django's errors. Where statements are captured or wrapped, it is one of Django's own.
    """
    if connection.force_debug_cursor or connection.execute_wrappers:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows
    connection.ensure_connection()
    assert connection.connection is not None
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as prepared:
        return prepared.execute(statement, parameters, prepare=True).fetchall()


def sqlstate(error: BaseException) -> str | None:
    """The five-letter SQLSTATE of the driver's error below Django's, or None where there is none."""
    for candidate in (error, error.__cause__):
        state = getattr(candidate, "sqlstate", None)
        if isinstance(state, str):
            return state
    return None


def is_collision(error: BaseException) -> bool:
    """Whether another transaction was in the way: nothing was written, the same work may be run again."""
    if not isinstance(error, Error):
        return False
    if sqlstate(error) in _COLLISIONS:
        return True
    return isinstance(error, OperationalError) and any(text in str(error) for text in _SQLITE_BUSY)


def is_away(error: BaseException) -> bool:
    """Whether the database could not be reached, went away or refused to work.

    Lost in COMMIT, the outcome is unknown. Errors of the data (constraint, encoding, range) are not this.
    """
    if is_collision(error):
        return False
    if isinstance(error, InterfaceError):
        return True
    # OperationalError also covers a full disk and a read-only standby: nothing a smaller batch would mend.
    # psycopg's pool reports a wait without a connection as an OperationalError of its own.
    return isinstance(error, OperationalError)
