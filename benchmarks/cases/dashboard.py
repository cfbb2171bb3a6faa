"""A dashboard that ten thousand watch: what it costs, how old it is what they see, what each of them takes."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.case import CHORUS, Case, Figure, Target
from benchmarks.cases.watching import board_house, core, tokens_of, watching
from benchmarks.processes import memory
from benchmarks.sample import Finding, Sample
from benchmarks.stage import Load, Stage
from benchmarks.systems import Crowd, System

__all__ = ["BOARD", "DASHBOARD", "WATCHERS", "watched_figures", "watchers_of"]

WATCHERS, QUICK_WATCHERS = 10_000, 5_000
QUIET_S, WARM_UP_S = 10.0, 5.0
LENGTH_S, QUICK_LENGTH_S = 60.0, 10.0
KIB = 1024

BOARD = (
    "The board has 20 numbers and a table of 10 rows; each second 9 numbers and the table change, in a diff of about "
    "1 KB (benchmarks/board)."
)


def watchers_of(stage: Stage) -> int:
    """How many watch."""
    return QUICK_WATCHERS if stage.quick else WATCHERS


def watched_figures(load: Load, members: int) -> dict[str, float]:
    """What a time of watching comes to."""
    outcome, usage = load.outcome, load.usage
    return {
        "core": usage.server_s / usage.took_s * 100,
        "age_p99_ms": outcome.ages.quantile(0.99) * 1000,
        "age_p50_ms": outcome.ages.quantile(0.5) * 1000,
        "held_ms": outcome.held_age_s * 1000,
        "update_bytes": outcome.bytes_in / max(outcome.ages.total, 1),
        "updates_per_s": outcome.ages.total / members / outcome.took_s,
        "load_core": usage.load_core * 100,
    }


def _measure(stage: Stage, system: System, _earlier: Sequence[Sample]) -> Finding:
    members = watchers_of(stage)
    with board_house(stage, system, Crowd(members)) as house:
        empty = core(house, QUIET_S)
        before = memory(house.running.pids()).rss
        with watching(house, tokens_of(house)) as watchers:
            watchers.watch(WARM_UP_S)
            load = watchers.watch(QUICK_LENGTH_S if stage.quick else LENGTH_S)
            after = memory(house.running.pids()).rss
            faults = [*load.faults(), *watchers.faults(load.outcome)]
    return Finding(
        {
            **watched_figures(load, members),
            "empty_core": empty * 100,
            "growth_kib": (after - before) / members / KIB,
        },
        faults=faults,
    )


DASHBOARD = Case(
    name="dashboard",
    title="A dashboard watched by 10,000, one update a second",
    what=(
        f"On one worker. {BOARD} Age is the time from `at`, when the worker began to compute, until a watcher has it; "
        "the mean age in hand adds what it ages until the next comes. CPU is all the worker does, the heartbeats of "
        "10,000 connections and every other dashboard included; beside it stands what it is with nobody watching."
    ),
    figures=(
        Figure("core", "server's CPU", "% of a core"),
        Figure("empty_core", "with nobody watching", "% of a core"),
        Figure("age_p99_ms", "age as it comes, p99", "ms"),
        Figure("age_p50_ms", "p50", "ms"),
        Figure("held_ms", "mean age in hand", "ms", digits=0),
        Figure("growth_kib", "worker's memory per watcher", "KiB"),
        Figure("update_bytes", "received per update", "bytes", digits=0),
        Figure("updates_per_s", "updates each", "/s", better="high", digits=2),
        Figure("load_core", "load's core busy", "%", digits=0),
    ),
    systems=(CHORUS,),
    measure=_measure,
    targets=(
        Target("CPU ≤ 20 % of a core", "core", at_most=20),
        Target("p99 age of data ≤ 300 ms", "age_p99_ms", at_most=300),
        Target("≤ 20 KiB for each watcher", "growth_kib", at_most=20),
    ),
    quick=(CHORUS,),
)
