"""Ten thousand clients cut at once come back with where they were: what it costs, and until when they are all there."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Sequence

from benchmarks.case import CHORUS, Case, Figure, Target
from benchmarks.cases.storm import MISSED, Return, Storm
from benchmarks.sample import VOID, Finding, Sample
from benchmarks.stage import LOAD_BUSY_MAX, Setting, Stage, Usage
from benchmarks.systems import Crowd, System
from loadtest.chorus import ChorusDialect

__all__ = ["RECONNECT", "finding_of"]

CONNECTS_PER_S = 500
"""What one process of Chorus greets in a second unless it is told otherwise (CHORUS_CONNECTS_PER_S)."""
SETTING = Setting(Crowd(10_000, 20), connects_per_s=CONNECTS_PER_S)
WINDOW_S = SETTING.crowd.members / CONNECTS_PER_S
"""Until the last may come in at that rate: over so long the first tries are spread."""


def _measure(stage: Stage, system: System, _earlier: Sequence[Sample]) -> Finding:
    with stage.house(system, SETTING) as house:
        assert isinstance(house.dialect, ChorusDialect), "no other system knows where a client was"
        storm = Storm(house.dialect, house.running.port, SETTING.crowd, WINDOW_S)

        async def course() -> tuple[list[Return], Usage, int]:
            await storm.arrive()
            storm.cut()
            await asyncio.to_thread(storm.talk)
            queries = stage.databases.queries(house.running.place)
            house.meter.start()
            returns = await storm.come_back()
            return returns, house.meter.stop(), stage.databases.queries(house.running.place) - queries

        try:
            return finding_of(*asyncio.run(course()))
        finally:
            storm.close()


def finding_of(returns: Sequence[Return], usage: Usage, queries: int) -> Finding:
    """What a storm came to."""
    times = sorted(each.after_s for each in returns)
    p95_s = statistics.quantiles(times, n=20, method="inclusive")[-1]
    lost = sum(not each.whole for each in returns)
    faults = [f"incomplete: {lost} of {len(returns)} were not told just what they had missed"] if lost else []
    if usage.load_core > LOAD_BUSY_MAX:
        faults.append(f"{VOID}the load's core was {usage.load_core:.0%} busy")
    return Finding(
        {
            "late_s": p95_s - WINDOW_S,
            "queries": queries / len(returns),
            "p95_s": p95_s,
            "last_s": times[-1],
            "refused": sum(each.refused for each in returns) / len(returns),
            "cpu_ms": usage.server_s / len(returns) * 1000,
            "server_core": usage.server_core * 100,
            "load_core": usage.load_core * 100,
        },
        faults=faults,
    )


RECONNECT = Case(
    name="reconnect",
    title="10,000 cut at once come back",
    what=(
        f"All but one of each of 20 rooms of 500 are cut; {MISSED} messages are posted in each room; then they come "
        f"back from where they were. First tries are spread over {WINDOW_S:g} s, which is what CHORUS_CONNECTS_PER_S = "
        f"{CONNECTS_PER_S} implies; who is told to come later (4001) does, with jitter."
    ),
    figures=(
        Figure("late_s", "p95 back, after the window's end", "s", digits=2),
        Figure("queries", "database queries per client", "", digits=3),
        Figure("p95_s", "p95 back", "s"),
        Figure("last_s", "last back", "s"),
        Figure("refused", "told to come later, per client", "", digits=2),
        Figure("cpu_ms", "server's CPU per client", "ms", digits=2),
        Figure("server_core", "server's core busy", "%", digits=0),
        Figure("load_core", "load's core busy", "%", digits=0),
    ),
    systems=(CHORUS,),
    measure=_measure,
    targets=(
        Target(f"p95 back within the window of {WINDOW_S:g} s and 2 s more", "late_s", at_most=2.0),
        Target("≤ 0.03 database queries per client, all recovered", "queries", at_most=0.03),
    ),
)
