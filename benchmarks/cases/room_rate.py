"""How much one room of 500 takes: the highest rate that is sustained with p99 ≤ 50 ms, on one worker."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache

from benchmarks.case import CHORUS, SOCKETIO, STOCK, Case, Figure, Target
from benchmarks.cases.figures import COSTS, LATENCIES, load_figures
from benchmarks.ladder import Climb, climb
from benchmarks.sample import Finding, Sample
from benchmarks.stage import Load, Setting, Stage
from benchmarks.systems import SYSTEMS, Crowd, System

__all__ = ["MEMBERS", "ROOM", "ROOM_RATE", "finding_of", "kept_up", "sustained"]

MEMBERS = 500
ROOM = Setting(Crowd(MEMBERS))
P99_MAX_MS = 50.0
BEHIND_MAX_S = 0.5
LENGTH_S, WARM_UP_S, QUICK_LENGTH_S = 3.5, 1.0, 2.0
# Doubling from here passes the target of 300,000.
FIRST = 300_000 / 128
# Two messages a second: below that it is the time of one message that is measured.
LOWEST, HIGHEST = FIRST / 2, 2_400_000.0
REFINEMENTS = 2


def kept_up(load: Load) -> bool:
    """Whether nothing was missing, and nothing left over at the end; however late it was in between."""
    return not load.faults() and load.behind_s <= BEHIND_MAX_S


def sustained(load: Load) -> bool:
    """Whether it was in time as well."""
    return kept_up(load) and load.p99_ms <= P99_MAX_MS


def _measure(stage: Stage, system: System, earlier: Sequence[Sample]) -> Finding:
    length_s = QUICK_LENGTH_S if stage.quick else LENGTH_S

    @cache  # both climbs pass the same rates
    def run(deliveries_per_s: float) -> Load:
        session, _ = stage.session(system, ROOM)
        per_s = deliveries_per_s / MEMBERS
        session.load(per_s, WARM_UP_S, grace_s=1.0)
        load = session.load(per_s, length_s, grace_s=1.0)
        if load.void:  # it said nothing; once more, should the load have been disturbed
            load = session.load(per_s, length_s, grace_s=1.0)
        if not kept_up(load):
            # What it still has to deliver would be in the way of the next rate.
            stage.leave()
        return load

    def search(good: Callable[[Load], bool]) -> Climb[Load]:
        return climb(
            run,
            good,
            start=_start(system, earlier, quick=stage.quick),
            lowest=LOWEST,
            highest=HIGHEST,
            refinements=1 if stage.quick else REFINEMENTS,
        )

    return finding_of(search(sustained), search(kept_up))


def finding_of(in_time: Climb[Load], at_all: Climb[Load]) -> Finding:
    """What two climbs found: with the bound on latency and without."""
    rungs = {rung.rate: rung.result for rung in (*in_time.rungs, *at_all.rungs)}
    series = {"p99_ms over deliveries/s": [(rate, max(rungs[rate].p99_ms, 0.01)) for rate in sorted(rungs)]}
    full = [rate for rate, load in rungs.items() if load.void]
    notes = [f"the load's core was full at {min(full):,.0f}/s: there may be more"] if full else []
    figures: dict[str, float] = {}
    if at_all.best is None:
        return Finding(series=series, faults=[f"not even {LOWEST:,.0f} deliveries/s were kept up with"], notes=notes)
    if at_all.best.rate >= HIGHEST:
        notes.append("no higher rate was tried")
    figures |= {"kept": at_all.best.rate, "kept_p99_ms": at_all.best.result.p99_ms}
    if in_time.best is None:
        notes.append(f"p99 > {P99_MAX_MS:g} ms at every rate; costs are those at {at_all.best.rate:,.0f}/s")
        costs = load_figures(at_all.best.result)
        figures |= {key: value for key, value in costs.items() if key not in {"p50_ms", "p99_ms"}}
    else:
        figures |= {"rate": in_time.best.rate, **load_figures(in_time.best.result)}
    return Finding(figures, series, notes=notes)


def _start(system: System, earlier: Sequence[Sample], *, quick: bool) -> float:
    """A step below what it took before; the first time from the bottom, in quick runs from near where it may end."""
    known = [sample.finding.figures for sample in earlier if sample.valid]
    rates = [figures.get("rate", figures["kept"]) for figures in known]
    if rates:
        return math.ldexp(FIRST, _steps(rates[-1]))
    return QUICK_FIRST.get(system.name, FIRST) if quick else FIRST


def _steps(rate: float) -> int:
    """How many doublings below half of `rate` are."""
    return max(0, math.floor(math.log2(rate / 2 / FIRST)))


QUICK_FIRST = {"chorus": FIRST * 64, "socketio-redis": FIRST * 8}

OTHER_FORMS = {"chorus-msgpack", "chorus-deflate", "chorus-msgpack-deflate"}

ROOM_RATE = Case(
    name="room-rate",
    title="One room of 500: the highest rate",
    what=(
        "Deliveries a second sustained by one worker: everything delivered once and in order, p99 ≤ 50 ms, the last "
        "delivery ≤ 0.5 s after the last message. Rates are doubled until one is not sustained, then refined twice. "
        "Beside it the rate that was kept up with when latency is left out: where one message alone takes a server "
        "50 ms for 500 members, there is no other."
    ),
    figures=(
        Figure("rate", "sustained", "deliveries/s", better="high", digits=0),
        Figure("kept", "kept up with at any latency", "deliveries/s", better="high", digits=0),
        Figure("kept_p99_ms", "p99 then", "ms"),
        *LATENCIES,
        *COSTS,
    ),
    systems=tuple(name for name in SYSTEMS if name not in OTHER_FORMS),
    measure=_measure,
    targets=(
        Target("≥ 300,000 deliveries/s, every message persisted", "rate", at_least=300_000),
        Target("≥ 4 × Socket.IO with its Redis adapter", "rate", at_least=4, against=SOCKETIO),
        # Hardly any of its kinds ever comes to p99 ≤ 50 ms; so both sides without, which is kinder to them.
        Target("≥ 60 × stock Channels, the best of its kinds, at any latency", "kept", at_least=60, against=STOCK),
    ),
    quick=(CHORUS, "socketio-redis", "channels-uvicorn-pubsub"),
)
