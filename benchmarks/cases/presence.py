"""Presence: what it costs that ten thousand people are there, that some come and go, that five hundred come at once."""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Sequence

from benchmarks.case import CHORUS, Case, Figure, Target
from benchmarks.cases.attendance import Attendance, redis_stats
from benchmarks.processes import memory
from benchmarks.sample import VOID, Finding, Sample
from benchmarks.stage import LOAD_BUSY_MAX, House, Setting, Stage
from benchmarks.systems import Crowd, System
from loadtest.chorus import ChorusDialect

__all__ = ["PRESENCE", "PRESENCE_RUSH"]

MEMBERS, ROOMS, WORKERS = 10_000, 20, 2
CHURN_PER_S = 100
QUIET_S, CHURN_S = 10.0, 20.0
AWAY_S = 6.0
"""Longer than the grace: who is away for so long has left."""
RUSH, RUSH_S, RUSH_AFTER_S = 500, 2.0, 3.0
SETTLE_S = 3.0
KIB = 1024


def _attendance(house: House, crowd: Crowd) -> Attendance:
    assert isinstance(house.dialect, ChorusDialect), "no other system has presence of this kind"
    return Attendance(house.dialect.tokens, house.running.port, crowd)


def _measure(stage: Stage, system: System, _earlier: Sequence[Sample]) -> Finding:
    crowd = Crowd(MEMBERS // 10 if stage.quick else MEMBERS, ROOMS)
    with stage.house(system, Setting(crowd, workers=WORKERS)) as house, _attendance(house, crowd) as people:
        asyncio.run(people.come(range(crowd.members)))
        time.sleep(SETTLE_S)
        alone = _redis_per_s(stage)
        before, redis_before = memory(house.running.pids()).rss, redis_stats(stage.redis.port)["used_memory"]
        for number in range(crowd.members):
            people.enter(number)
            if number % 100 == 0:
                time.sleep(0.05)
        _wait_for(people, crowd.members // crowd.rooms)
        people.say_alive()
        time.sleep(SETTLE_S)
        after, redis_after = memory(house.running.pids()).rss, redis_stats(stage.redis.port)["used_memory"]
        house.meter.start()
        full = _redis_per_s(stage)
        idle = house.meter.stop()
        people.say_alive()
        _churn(people, crowd, AWAY_S, random.Random(1))  # noqa: S311 - the same people in each run
        told, diffs = sum(people.told), people.diffs
        house.meter.start()
        changes = _churn(people, crowd, CHURN_S, random.Random(2))  # noqa: S311
        usage = house.meter.stop()
        faults = [f"incomplete: {people.closed} connections were lost"] if people.closed else []
        if usage.load_core > LOAD_BUSY_MAX:
            faults.append(f"{VOID}the load's core was {usage.load_core:.0%} busy")
        idle_core = idle.server_s / idle.took_s
        return Finding(
            {
                "change_us": (usage.server_s - idle_core * usage.took_s) / changes * 1e6,
                "changes_per_s": changes / usage.took_s,
                "diffs_per_s": (people.diffs - diffs) / usage.took_s,
                "told_bytes": (sum(people.told) - told) / crowd.members / usage.took_s,
                "idle_core": idle_core * 100,
                "redis_per_s": full,
                "redis_empty_per_s": alone,
                "growth_kib": (after - before) / crowd.members / KIB,
                "redis_bytes": (redis_after - redis_before) / crowd.members,
                "server_core": usage.server_core * 100,
                "load_core": usage.load_core * 100,
            },
            faults=faults,
        )


def _rush(stage: Stage, system: System, _earlier: Sequence[Sample]) -> Finding:
    crowd, rng = Crowd(RUSH), random.Random(3)  # noqa: S311
    with stage.house(system, Setting(crowd, workers=WORKERS)) as house, _attendance(house, crowd) as people:
        asyncio.run(people.come(range(crowd.members)))
        time.sleep(SETTLE_S)
        times = sorted((rng.random() * RUSH_S, number) for number in range(crowd.members))
        house.meter.start()
        before, began = list(people.told), time.monotonic()
        for at, number in times:
            time.sleep(max(0.0, began + at - time.monotonic()))
            people.enter(number)
        _wait_for(people, crowd.members)
        whole_s = time.monotonic() - began
        time.sleep(RUSH_AFTER_S)
        usage = house.meter.stop()
        told = [after - was for after, was in zip(people.told, before, strict=True)]
        return Finding(
            {
                "most_kb": max(told) / 1000,
                "mean_kb": sum(told) / len(told) / 1000,
                "whole_s": whole_s - times[-1][0],
                "diffs": people.diffs,
                "server_ms": usage.server_s * 1000,
                "load_core": usage.load_core * 100,
            },
            faults=[f"incomplete: {people.closed} connections were lost"] if people.closed else [],
        )


def _churn(people: Attendance, crowd: Crowd, length_s: float, rng: random.Random) -> int:
    """As many leave as come, evenly; how many did either. Nobody of those whose rooms are listened to."""
    there = list(range(crowd.rooms, crowd.members))
    rng.shuffle(there)
    away: deque[tuple[float, int]] = deque()
    began, done, beats = time.monotonic(), 0, 0
    while (passed := time.monotonic() - began) < length_s + AWAY_S:
        if passed < length_s and beats < passed * CHURN_PER_S:
            number = there.pop()
            people.leave(number)
            away.append((passed, number))
            beats, done = beats + 1, done + 1
            continue
        if away and away[0][0] + AWAY_S <= passed:
            people.enter(away.popleft()[1])
            done += 1
            continue
        time.sleep(0.002)
    while away:
        people.enter(away.popleft()[1])
        done += 1
    return done


def _wait_for(people: Attendance, count: int, within_s: float = 60.0) -> None:
    """Until the first room is as full as that. Raises TimeoutError."""
    end = time.monotonic() + within_s
    while people.count < count:
        if time.monotonic() > end:
            raise TimeoutError(f"{people.count} of {count} people were told within {within_s:g} s")
        time.sleep(0.02)


def _redis_per_s(stage: Stage) -> float:
    """Commands a second while nobody comes or goes."""
    before, began = redis_stats(stage.redis.port), time.monotonic()
    time.sleep(QUIET_S)
    commands = redis_stats(stage.redis.port)["total_commands_processed"] - before["total_commands_processed"]
    return commands / (time.monotonic() - began)


PRESENCE = Case(
    name="presence",
    title="10,000 people present, 100 who come and 100 who leave a second",
    what=(
        "20 rooms of 500 on two workers, which share the server's core; everybody is told of everybody in their room. "
        "CPU is what the changes cost beyond the same crowd in silence, the writes to all who are told included. "
        "Commands of Redis are counted while nobody comes or goes, those inside of scripts too."
    ),
    figures=(
        Figure("change_us", "server's CPU per change", "µs", digits=0),
        Figure("changes_per_s", "changes", "/s", better="high", digits=0),
        Figure("diffs_per_s", "diffs published", "/s", digits=0),
        Figure("told_bytes", "told per person", "bytes/s", digits=0),
        Figure("idle_core", "server's core while nobody comes or goes", "%"),
        Figure("redis_per_s", "Redis' commands in silence", "/s"),
        Figure("redis_empty_per_s", "the same with nobody present", "/s"),
        Figure("growth_kib", "workers' memory per present person", "KiB", digits=2),
        Figure("redis_bytes", "Redis' memory per present person", "bytes", digits=0),
        Figure("server_core", "server's core busy", "%", digits=0),
        Figure("load_core", "load's core busy", "%", digits=0),
    ),
    systems=(CHORUS,),
    measure=_measure,
)

PRESENCE_RUSH = Case(
    name="presence-rush",
    title="500 people who come into one room within 2 s",
    what="On two workers. What each of them is sent, from their subscription until 3 s after the last has come.",
    figures=(
        Figure("most_kb", "sent to whom most was sent", "KB"),
        Figure("mean_kb", "sent to each", "KB"),
        Figure("whole_s", "told of all, after the last came", "s", digits=2),
        Figure("diffs", "diffs", "", digits=0),
        Figure("server_ms", "server's CPU", "ms", digits=0),
        Figure("load_core", "load's core busy", "%", digits=0),
    ),
    systems=(CHORUS,),
    measure=_rush,
    targets=(Target("≤ 200 KB to each", "most_kb", at_most=200),),
)
