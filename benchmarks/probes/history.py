"""Reads pages of history as the HTTP API does, and tells how PostgreSQL came by them.

`python -m benchmarks.probes.history room…` prints JSON: for each room and page the plan of the very query,
the shared buffers it touched, and how long it took, from EXPLAIN (ANALYZE, BUFFERS).
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import django
from django.db import connection

TIMES = 51
PAGE = 50
Query = tuple[str, Any]


def main() -> None:
    """See the module."""
    django.setup()
    from chat.models import Room

    print(json.dumps({slug: _pages(Room.objects.get(slug=slug)) for slug in sys.argv[1:]}))


def _pages(room: Any) -> dict[str, Any]:
    """The first page, one from the middle and the oldest."""
    end = room.post_count
    return {name: _page(room, before) for name, before in {"first": None, "middle": end // 2, "last": PAGE + 1}.items()}


def _page(room: Any, before: int | None) -> dict[str, Any]:
    from chat.selectors import message_history

    with _captured() as queries:
        page = message_history(room, before=before, limit=PAGE)
    assert len(page.messages) == PAGE, f"a page of {room.slug} before {before} has {len(page.messages)} messages"
    (query,) = queries
    explained = [_explain(query) for _ in range(TIMES)]
    return {
        "plan": _shape(explained[-1]["Plan"]),
        "buffers": statistics.median(_buffers(each["Plan"]) for each in explained),
        "time_ms": statistics.median(each["Execution Time"] for each in explained),
    }


@contextmanager
def _captured() -> Iterator[list[Query]]:
    queries: list[Query] = []

    def note(execute: Callable[..., Any], statement: str, parameters: Any, many: bool, context: Any) -> Any:
        queries.append((statement, parameters))
        return execute(statement, parameters, many, context)

    with connection.execute_wrapper(note):
        yield queries


def _explain(query: Query) -> dict[str, Any]:
    statement, parameters = query
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", parameters)
        (told,) = cursor.fetchone()
    explained: dict[str, Any] = (json.loads(told) if isinstance(told, str) else told)[0]
    return explained


def _buffers(plan: dict[str, Any]) -> int:
    """Shared ones, found or read; a plan's numbers hold those of its parts."""
    return int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])


def _shape(plan: dict[str, Any]) -> list[Any]:
    """What is done in which order, by which index, without what it cost."""
    own = " ".join(
        str(plan[key]) for key in ("Node Type", "Scan Direction", "Index Name", "Relation Name") if key in plan
    )
    return [own, *(_shape(part) for part in plan.get("Plans", []))]


if __name__ == "__main__":
    main()
