"""Whether a room notices ten thousand who watch a dashboard on the same worker."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
from collections.abc import Sequence

from benchmarks.case import CHORUS, Case, Figure, Target
from benchmarks.cases.dashboard import BOARD, watchers_of
from benchmarks.cases.watching import board_house, calm, tokens_of, watching
from benchmarks.sample import Finding, Sample
from benchmarks.stage import House, Load, Session, Setting, Stage
from benchmarks.stage.entrance import enter
from benchmarks.systems import Crowd, System
from loadtest.chorus import ChorusDialect

__all__ = ["DASHBOARD_CHAT", "moved"]

ROOM, PER_S = 500, 20.0
PAIRS, QUICK_PAIRS = 5, 1
WARM_UP_S = 2.0
LENGTH_S, QUICK_LENGTH_S = 10.0, 4.0
ALLOWED_SHARE, ALLOWED_MS = 0.3, 3.0


def moved(alone_ms: float, beside_ms: float) -> dict[str, float]:
    """How far p99 moved, and how much that is of what it may: 30 % or 3 ms, whichever is more."""
    moved_ms = beside_ms - alone_ms
    allowed_ms = max(ALLOWED_SHARE * alone_ms, ALLOWED_MS)
    return {"moved_ms": moved_ms, "allowed_ms": allowed_ms, "of_allowed": moved_ms / allowed_ms * 100}


def _measure(stage: Stage, system: System, _earlier: Sequence[Sample]) -> Finding:
    members = watchers_of(stage)
    rooms = (members + ROOM) // ROOM
    alone, beside, faults, told = [], [], [], []
    with board_house(stage, system, Crowd(members + ROOM, rooms)) as house:
        tokens = tokens_of(house)
        talkers = tokens[::rooms]
        others = [token for number, token in enumerate(tokens) if number % rooms]
        for _ in range(QUICK_PAIRS if stage.quick else PAIRS):
            alone.append(_talk(stage, house, talkers))
            with watching(house, others) as watchers:
                with watchers.beside() as outcomes:
                    beside.append(_talk(stage, house, talkers))
                faults += watchers.faults(outcomes[0])
                told.append(outcomes[0].ages.total / members / outcomes[0].took_s)
            calm(house)
    p99 = [statistics.median(load.p99_ms for load in loads) for loads in (alone, beside)]
    p50 = [statistics.median(load.p50_ms for load in loads) for loads in (alone, beside)]
    core = [statistics.median(load.usage.server_core for load in loads) for loads in (alone, beside)]
    return Finding(
        {
            **moved(*p99),
            "alone_p99_ms": p99[0],
            "beside_p99_ms": p99[1],
            "alone_p50_ms": p50[0],
            "beside_p50_ms": p50[1],
            "alone_core": core[0] * 100,
            "beside_core": core[1] * 100,
            "updates_per_s": statistics.median(told),
            "load_core": max(load.usage.load_core for load in (*alone, *beside)) * 100,
        },
        faults=[*faults, *(fault for load in (*alone, *beside) for fault in load.faults())],
        notes=[f"p99 of each run, without: {_listed(alone)} ms; with: {_listed(beside)} ms"],
    )


def _talk(stage: Stage, house: House, tokens: Sequence[str]) -> Load:
    """A room that comes, talks for a while, and goes."""
    dialect, crowd = ChorusDialect(tokens), Crowd(ROOM)
    sockets = asyncio.run(enter(dialect, house.running.port, crowd))
    with contextlib.closing(Session(house.running, dialect, Setting(crowd), sockets, house.meter)) as session:
        session.load(PER_S, WARM_UP_S)
        return session.load(PER_S, QUICK_LENGTH_S if stage.quick else LENGTH_S)


def _listed(loads: Sequence[Load]) -> str:
    return ", ".join(f"{load.p99_ms:.1f}" for load in loads)


DASHBOARD_CHAT = Case(
    name="dashboard-chat",
    title="A room of 500 beside 10,000 who watch a dashboard",
    what=(
        "20 messages a second, 10,000 deliveries a second, on the worker that also updates 10,000 watchers once a "
        f"second. {BOARD} Five runs without anybody watching and five with, in turns; medians. The watchers' readers "
        "have the load's core when nobody else wants it: 10,000 browsers are no burden to a database either."
    ),
    figures=(
        Figure("of_allowed", "p99 moved, of what it may", "%", digits=0),
        Figure("moved_ms", "p99 moved", "ms"),
        Figure("allowed_ms", "and may by", "ms"),
        Figure("alone_p99_ms", "p99 without watchers", "ms"),
        Figure("beside_p99_ms", "p99 with", "ms"),
        Figure("alone_p50_ms", "p50 without", "ms"),
        Figure("beside_p50_ms", "p50 with", "ms"),
        Figure("alone_core", "server's core busy without", "%", digits=0),
        Figure("beside_core", "with", "%", digits=0),
        Figure("updates_per_s", "updates each", "/s", better="high", digits=2),
        Figure("load_core", "load's core busy", "%", digits=0),
    ),
    systems=(CHORUS,),
    measure=_measure,
    targets=(Target("p99 moves by ≤ 30 % or 3 ms, whichever is more", "of_allowed", at_most=100),),
    quick=(CHORUS,),
    rounds=1,
)
