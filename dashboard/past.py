"""The last hour of a source: how a moment is kept, and how many moments become the points of a chart. Pure.

Rows are kept as they come and thinned when they are read: mean or highest, as the field says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from dashboard.fields import Field
from dashboard.source import Source
from dashboard.store import Row
from dashboard.store.store import ROWS_GAP_MS, ROWS_KEPT_MS

__all__ = ["MINUTES", "Past", "from_ms", "layout_of", "past_of", "row_of", "rows_of", "to_ms"]

MINUTES = (5, 15, 60)
STEP_MS = {5: 1_000, 15: 5_000, 60: 5_000}
"""Of a chart over so many minutes; a source that is computed less often has its own interval."""


class Past(msgspec.Struct, frozen=True):
    """`at` in ms, ascending, `step_s` apart; what is not known is null."""

    step_s: float
    at: list[int]
    fields: dict[str, list[float | None]]


def layout_of(source: Source[Any]) -> str:
    """Names the numbers of a source: rows of a release with others are another past."""
    names = ",".join(field.name for field in source.numbers)
    return hashlib.blake2b(names.encode(), digest_size=6).hexdigest()


def row_of(source: Source[Any], values: Mapping[str, float | None], at_ms: int) -> Row | None:
    """A moment to be kept; None for a source without numbers."""
    if not source.numbers:
        return None
    body = msgspec.json.encode([at_ms, *(values[field.name] for field in source.numbers)])
    gap_ms = max(ROWS_GAP_MS, (source.interval_s or 0) * 1000)
    return Row(layout_of(source), at_ms, body, int(ROWS_KEPT_MS / gap_ms) + 1)


def rows_of(source: Source[Any], known: Iterable[tuple[datetime, Mapping[str, float | None]]]) -> list[Row]:
    """What a source knows of its past, as if it had been kept. A field that is not named is not known."""
    rows = []
    for at, values in known:
        row = row_of(source, {field.name: _number(values.get(field.name)) for field in source.numbers}, to_ms(at))
        if row is not None:
            rows.append(row)
    return rows


def past_of(source: Source[Any], rows: Sequence[bytes], minutes: int, now_ms: int) -> Past:
    """The points of a chart over the last `minutes`, from rows oldest first."""
    step_ms = max(STEP_MS[minutes], round((source.interval_s or 1.0) * 1000))
    last = now_ms - now_ms % step_ms
    first = last - minutes * 60_000 + step_ms
    buckets: dict[int, list[list[float | None]]] = {}
    for row in map(msgspec.json.decode, rows):
        at = row[0] - row[0] % step_ms
        if at < first and source.interval_s is None:
            buckets[first] = [row[1:]]  # what was told last still holds
        elif first <= at <= last:
            buckets.setdefault(at, []).append(row[1:])
    at = list(range(min(buckets, default=last), last + 1, step_ms))
    fields = {
        field.name: _held(source, [_point(field, [row[place] for row in buckets.get(each, ())]) for each in at])
        for place, field in enumerate(source.numbers)
    }
    return Past(step_ms / 1000, at, fields)


def to_ms(at: datetime) -> int:
    """Milliseconds since the epoch."""
    return round(at.timestamp() * 1000)


def from_ms(ms: int) -> datetime:
    """The other way round, in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def _number(value: Any) -> float | None:
    """What a database adds up is a Decimal, which would be kept as text."""
    return None if value is None else float(value)


def _point(field: Field, values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    return max(known) if field.keep == "max" else round(sum(known) / len(known), 6)


def _held(source: Source[Any], points: list[float | None]) -> list[float | None]:
    """What is told when it changes stays until the next word; what is computed is missing where it was not."""
    if source.interval_s is not None:
        return points
    for place in range(1, len(points)):
        if points[place] is None:
            points[place] = points[place - 1]
    return points
