"""A page of history in a small room and in a large one: the same work, however many messages there are."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from typing import Any

import psycopg

from benchmarks.case import CHORUS, Case, Figure, Target
from benchmarks.sample import Finding, Sample
from benchmarks.stage import Setting, Stage
from benchmarks.systems import Crowd, Place, System
from benchmarks.systems.programs import OWN_PYTHON, ROOT
from tests.support.processes import environment

__all__ = ["HISTORY"]

SMALL, LARGE = 1_000, 1_000_000
PAGES = ("first", "middle", "last")
AUTHORS = 50
SETTING = Setting(Crowd(2 * AUTHORS, 2))
# One statement for each room, as no client could: post by post it would take an hour.
FILL = """
INSERT INTO chat_message (room_id, author_id, seq, posted_seq, post_no, text, key, created_at)
SELECT room.id, member.user_id, n, n, n, 'message ' || n || ' of a long conversation, as long as one line of a chat',
    md5(room.id || '-' || n)::uuid, now() - make_interval(secs => %(count)s - n)
FROM chat_room AS room CROSS JOIN generate_series(1, %(count)s) AS n
    JOIN (SELECT room_id, user_id, row_number() OVER (PARTITION BY room_id) AS place FROM chat_membership) AS member
    ON member.room_id = room.id AND member.place = 1 + n %% %(authors)s
WHERE room.slug = %(room)s
"""
COUNT = "UPDATE chat_room SET last_seq = %(count)s, post_count = %(count)s WHERE slug = %(room)s"


def _measure(stage: Stage, system: System, _earlier: Sequence[Sample]) -> Finding:
    stage.leave()
    place, _ = stage.databases.move_in(system, Place(0, stage.redis.url), SETTING.crowd)
    small, large = SETTING.crowd.room(0), SETTING.crowd.room(1)
    try:
        with stage.databases.connect(place.database_url.rpartition("/")[2]) as connection:
            for room, count in ((small, SMALL), (large, LARGE)):
                _fill(connection, room, count)
            connection.execute("VACUUM ANALYZE chat_message")
            connection.execute("CHECKPOINT")
        told = _probe(system, place, small, large)
    finally:
        stage.databases.drop(place)
    return finding_of(told[small], told[large])


def _fill(connection: psycopg.Connection, room: str, count: int) -> None:
    connection.execute(FILL, {"room": room, "count": count, "authors": AUTHORS})
    connection.execute(COUNT, {"room": room, "count": count})


def _probe(system: System, place: Place, *rooms: str) -> dict[str, Any]:
    done = subprocess.run(  # noqa: S603 - our own program
        [OWN_PYTHON, "-m", "benchmarks.probes.history", *rooms],
        cwd=ROOT,
        env=environment(**system.environment(place)),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the probe ended with {done.returncode}: {done.stderr[-1000:]}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def finding_of(small: dict[str, Any], large: dict[str, Any]) -> Finding:
    """Compare the pages of two rooms. The worst of them counts."""
    figures = {
        "same_plans": float(sum(_plain(small[page]["plan"]) == _plain(large[page]["plan"]) for page in PAGES)),
        "buffers_ratio": max(large[page]["buffers"] / small[page]["buffers"] for page in PAGES),
        "time_ratio": max(large[page]["time_ms"] / small[page]["time_ms"] for page in PAGES),
    }
    for page in PAGES:
        figures[f"small_{page}_ms"] = small[page]["time_ms"]
        figures[f"large_{page}_ms"] = large[page]["time_ms"]
        figures[f"large_{page}_buffers"] = large[page]["buffers"]
    notes = [
        f"{page} page of {count:,}: {_words(told[page]['plan'])}"
        for page in PAGES
        for count, told in ((SMALL, small), (LARGE, large))
    ]
    return Finding(figures, notes=notes)


def _plain(plan: Sequence[Any]) -> list[Any]:
    """Without Memoize, which PostgreSQL puts in where it expects the same author again: a cache, and no other way."""
    own, *parts = plan
    if own == "Memoize":
        (kept,) = parts
        return _plain(kept)
    return [own, *(_plain(part) for part in parts)]


def _words(plan: Sequence[Any]) -> str:
    """The tree in one line: what holds what."""
    own, *parts = plan
    return f"{own} ({', '.join(_words(part) for part in parts)})" if parts else str(own)


HISTORY = Case(
    name="history",
    title="A page of history",
    what=(
        "50 messages as the HTTP API reads them, from a room of 1,000 and one of 1,000,000 messages of the same table: "
        "the newest, from the middle, the oldest. EXPLAIN (ANALYZE, BUFFERS) of the very query, medians of 51. Plans "
        "count as the same if they differ in Memoize alone, which only remembers authors."
    ),
    figures=(
        Figure("same_plans", "pages of 3 with the same plan", "", better="high", digits=0),
        Figure("buffers_ratio", "shared buffers, 1,000,000 ÷ 1,000", "", digits=2),
        Figure("time_ratio", "time, 1,000,000 ÷ 1,000", "", digits=2),
        *(Figure(f"small_{page}_ms", f"{page} of 1,000", "ms", digits=3) for page in PAGES),
        *(Figure(f"large_{page}_ms", f"{page} of 1,000,000", "ms", digits=3) for page in PAGES),
        *(Figure(f"large_{page}_buffers", f"{page} of 1,000,000", "buffers", digits=0) for page in PAGES),
    ),
    systems=(CHORUS,),
    measure=_measure,
    targets=(
        Target("the same plan for all pages", "same_plans", at_least=len(PAGES)),
        Target("shared buffers within 20 %", "buffers_ratio", at_most=1.2),
        Target("time ≤ 1.5 ×", "time_ratio", at_most=1.5),
    ),
    rounds=1,
)
