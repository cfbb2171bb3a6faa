"""Messages as the rows of a room's first paint: days, the "new" line, authors grouped, permalinks.

The browser does the same for all that follows (static/chat/rows.js). Must not know requests and templates.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

__all__ = ["TimelineRow", "timeline_rows"]

# Rows of one author this close to each other are one group.
TOGETHER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One message (`serialize.message_data`) and what stands above it.

    at: when, in the viewer's zone. day: given where a day begins. new: the line above the first unread one.
    compact: continues the author of the row before.
    """

    message: dict[str, Any]
    at: datetime
    day: date | None
    new: bool
    compact: bool


def timeline_rows(messages: Iterable[dict[str, Any]], *, viewer_id: int, last_read_no: int) -> list[TimelineRow]:
    """Group messages, oldest first, in the active time zone."""
    rows: list[TimelineRow] = []
    seen_new = False
    for message in messages:
        at = timezone.localtime(datetime.fromisoformat(message["created_at"]))
        new = not seen_new and message["post_no"] > last_read_no and message["author"]["id"] != viewer_id
        seen_new = seen_new or new
        above = rows[-1] if rows else None
        starts_day = above is None or above.at.date() != at.date()
        continues = above is not None and not starts_day and not new and belongs_to(above, message, at)
        rows.append(TimelineRow(message, at, at.date() if starts_day else None, new, continues))
    return rows


def belongs_to(above: TimelineRow, message: dict[str, Any], at: datetime) -> bool:
    """Whether one author wrote both, and not long apart."""
    return bool(above.message["author"]["id"] == message["author"]["id"]) and at - above.at < TOGETHER
