"""Messages as plain rows, and many rows in one statement.

Django's `bulk_create` and `bulk_update` cost about 50 µs a row (a model instance, a pass over all fields, a
CASE for each value); a batch of 50 posts would spend most of its time there. Here a batch is one INSERT or
UPDATE per table, by columns. Only `chat.log` writes with it; everything that reads messages reads
`MessageRow`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

import msgspec
from django.db import connection, models
from django.db.models import QuerySet

from chat.models import Message

__all__ = ["MessageRow", "insert_rows", "message_rows", "update_rows"]


@dataclass(slots=True)
class MessageRow:
    """One message with its author's name. `id` is 0 until the row is written; nothing else changes."""

    id: int
    room_id: int
    author_id: int
    author_name: str
    seq: int
    posted_seq: int
    post_no: int
    text: str | None
    key: uuid.UUID
    reply_to: int | None
    created_at: datetime
    edited_at: datetime | None = None
    deleted_at: datetime | None = None


_COLUMNS = (
    "id",
    "room_id",
    "author_id",
    "author__username",
    "seq",
    "posted_seq",
    "post_no",
    "text",
    "key",
    "reply_to_id",
    "created_at",
    "edited_at",
    "deleted_at",
)


def message_rows(messages: QuerySet[Message]) -> list[MessageRow]:
    """The rows of a query, in its order, in one query."""
    return [MessageRow(*values) for values in messages.values_list(*_COLUMNS)]


def insert_rows(
    model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]], *, returning: Sequence[str] = ()
) -> list[tuple[Any, ...]]:
    """Insert `rows` in one statement; `columns` are column names, `returning` what is read back of each.

    The order of what comes back is not promised: ask for what tells the rows apart.
    """
    if not rows:
        return []
    source, parameters = _source(model, columns, rows)
    back = f" RETURNING {_names(returning)}" if returning else ""
    # Names come from models, values are parameters.
    sql = f"INSERT INTO {_name(model._meta.db_table)} ({_names(columns)}) {source}{back}"
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if returning else []


def update_rows(model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Update many rows, each with values of its own, in one statement. The first column finds the row."""
    if not rows:
        return
    source, parameters = _source(model, columns, rows)
    found, *changed = columns
    sets = ", ".join(f"{_name(column)} = v.{_name(column)}" for column in changed)
    # A common table expression, because SQLite names the columns of VALUES in no other way.
    sql = (
        f"WITH v ({_names(columns)}) AS ({source}) UPDATE {_name(model._meta.db_table)} SET {sets} "  # noqa: S608
        f"FROM v WHERE {_name(model._meta.db_table)}.{_name(found)} = v.{_name(found)}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


# --- helpers --------------------------------------------------------------------------------------


def _source(model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> tuple[str, list[Any]]:
    """The rows as something to select from, and its parameters."""
    shape = _shape(model, tuple(columns), connection.vendor)
    written = zip(
        *(
            map(convert, column) if convert else column
            for convert, column in zip(shape.converters, zip(*rows, strict=True), strict=True)
        ),
        strict=True,
    )
    if connection.vendor == "postgresql":
        # One parameter, encoded in C: psycopg formats values one by one in Python, which cost more than
        # the INSERT itself. The statement's text is the same for any number of rows.
        objects = [dict(zip(columns, row, strict=True)) for row in written]
        return shape.sql, [msgspec.json.encode(objects).decode()]
    return f"VALUES {', '.join([shape.sql] * len(rows))}", list(chain.from_iterable(written))


class _Shape(NamedTuple):
    sql: str
    converters: list[Callable[[Any], Any] | None]


@cache
def _shape(model: type[models.Model], columns: tuple[str, ...], vendor: str) -> _Shape:
    """How rows of these columns are put into a statement; worked out once."""
    by_column = {field.column: field for field in model._meta.concrete_fields}
    fields = [by_column[column] for column in columns]
    if vendor == "postgresql":
        record = ", ".join(f"{_name(str(field.column))} {field.db_type(connection)}" for field in fields)
        converters = [_TO_JSON.get(field.get_internal_type()) for field in fields]
        return _Shape(f"SELECT * FROM json_to_recordset(%s) AS r ({record})", converters)  # noqa: S608 - our own columns
    converters = [_TO_SQLITE.get(field.get_internal_type()) for field in fields]
    return _Shape(f"({', '.join(['%s'] * len(columns))})", converters)


def _moment(value: datetime | None) -> str | None:
    """A moment as Django stores it in SQLite: UTC without saying so."""
    return None if value is None else str(value.astimezone(UTC).replace(tzinfo=None))


# What the encoder or the driver would write in another way than the column reads it.
_TO_JSON: dict[str, Callable[[Any], Any]] = {"BinaryField": lambda value: "\\x" + value.hex()}
_TO_SQLITE: dict[str, Callable[[Any], Any]] = {"UUIDField": lambda value: value.hex, "DateTimeField": _moment}


def _name(name: str) -> str:
    return connection.ops.quote_name(name)


def _names(names: Iterable[str]) -> str:
    return ", ".join(map(_name, names))
