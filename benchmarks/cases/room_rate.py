"""How much one room of 500 takes: the highest rate that is sustained with p99 ≤ 50 ms, on one worker."""

from __future__ import annotations

import math
from collections.abc import Sequence

from benchmarks.case import CHORUS, SOCKETIO, STOCK, Case, Figure, Target
from benchmarks.cases.figures import COSTS, LATENCIES, load_figures
from benchmarks.ladder import climb
from benchmarks.sample import Finding, Sample
from benchmarks.stage import Load, Setting, Stage
from benchmarks.systems import SYSTEMS, Crowd, System

__all__ = ["MEMBERS", "ROOM", "ROOM_RATE", "sustained"]

MEMBERS = 500
ROOM = Setting(Crowd(MEMBERS))
P99_MAX_MS = 50.0
BEHIND_MAX_S = 0.5
LENGTH_S, WARM_UP_S, QUICK_LENGTH_S = 3.5, 1.0, 2.0
# Doubling from here passes the target of 300,000.
FIRST = 300_000 / 128
LOWEST, HIGHEST = FIRST / 8, 2_400_000.0
REFINEMENTS = 2


def sustained(load: Load) -> bool:
    """Whether the server kept up: nothing missing, everything in time, and nothing left over at the end."""
    return not load.faults() and load.p99_ms <= P99_MAX_MS and load.behind_s <= BEHIND_MAX_S


def _measure(stage: Stage, system: System, earlier: Sequence[Sample]) -> Finding:
    length_s = QUICK_LENGTH_S if stage.quick else LENGTH_S

    def run(deliveries_per_s: float) -> Load:
        session, _ = stage.session(system, ROOM)
        per_s = deliveries_per_s / MEMBERS
        session.load(per_s, WARM_UP_S, grace_s=1.0)
        load = session.load(per_s, length_s, grace_s=1.0)
        if not sustained(load):
            # What it still has to deliver would be in the way of the next rate.
            stage.leave()
        return load

    climbed = climb(
        run,
        sustained,
        start=_start(system, earlier, quick=stage.quick),
        lowest=LOWEST,
        highest=HIGHEST,
        refinements=1 if stage.quick else REFINEMENTS,
    )
    tried = [(rung.rate, max(rung.result.p99_ms, 0.01)) for rung in sorted(climbed.rungs, key=lambda rung: rung.rate)]
    series = {"p99_ms over deliveries/s": tried}
    full = [rung for rung in climbed.rungs if rung.result.void]
    notes = [f"the load's core was full at {min(rung.rate for rung in full):,.0f}/s: there may be more"] if full else []
    if climbed.best is None:
        return Finding(series=series, faults=[f"not even {LOWEST:,.0f} deliveries/s were sustained"], notes=notes)
    return Finding({**load_figures(climbed.best.result), "rate": climbed.best.rate}, series, notes=notes)


def _start(system: System, earlier: Sequence[Sample], *, quick: bool) -> float:
    """Two steps below what it took before; the first time from the bottom, in quick runs from near where it may end."""
    rates = [sample.finding.figures["rate"] for sample in earlier if sample.valid]
    if rates:
        return math.ldexp(FIRST, _steps(rates[-1]))
    return QUICK_FIRST.get(system.name, FIRST) if quick else FIRST


def _steps(rate: float) -> int:
    """How many doublings below half of `rate` are."""
    return max(0, math.floor(math.log2(rate / 2 / FIRST)))


QUICK_FIRST = {"chorus": FIRST * 64, "socketio-redis": FIRST * 8}

ROOM_RATE = Case(
    name="room-rate",
    title="One room of 500: the highest rate",
    what=(
        "Deliveries a second sustained by one worker: everything delivered once and in order, p99 ≤ 50 ms, the last "
        "delivery ≤ 0.5 s after the last message. Rates are doubled until one is not sustained, then refined twice."
    ),
    figures=(Figure("rate", "sustained", "deliveries/s", better="high", digits=0), *LATENCIES, *COSTS),
    systems=tuple(SYSTEMS),
    measure=_measure,
    targets=(
        Target("≥ 300,000 deliveries/s, every message persisted", "rate", at_least=300_000),
        Target("≥ 4 × Socket.IO with its Redis adapter", "rate", at_least=4, against=SOCKETIO),
        Target("≥ 60 × stock Channels, the best of its kinds", "rate", at_least=60, against=STOCK),
    ),
    quick=(CHORUS, "socketio-redis", "channels-uvicorn-pubsub"),
)
