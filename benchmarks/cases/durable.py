"""How many posts a second one worker takes, acknowledges and keeps: nearly nobody listens, all of it is the writing."""

from __future__ import annotations

import math
from collections.abc import Sequence

from benchmarks.case import CHORUS, Case, Figure, Target
from benchmarks.ladder import Rung, climb
from benchmarks.sample import Finding, Sample
from benchmarks.stage import Load, Setting, Stage
from benchmarks.systems import Crowd, System

__all__ = ["DURABLE"]

ACK_P99_MAX_MS = 60.0
LENGTH_S, WARM_UP_S = 4.0, 1.0
REQUESTS_PER_S = 100
"""What one connection may ask for in a second (docs/reference/protocol.md, Limits)."""
FEW = Setting(Crowd(100, 20))
MANY = Setting(Crowd(1_000, 1_000))


def _acknowledged(load: Load) -> bool:
    return not load.faults() and load.ack_p99_ms <= ACK_P99_MAX_MS


def _measure(stage: Stage, system: System, _earlier: Sequence[Sample]) -> Finding:
    figures: dict[str, float] = {}
    faults = []
    for setting, start in ((FEW, 2_500.0), (MANY, 1_250.0)):
        best = _best(stage, system, setting, start)
        rooms = setting.crowd.rooms
        if best is None:
            faults.append(f"over {rooms:,} rooms no rate was sustained")
            continue
        usage = best.result.usage
        figures |= {
            f"rate_{rooms}": best.rate,
            f"ack_p99_{rooms}": best.result.ack_p99_ms,
            f"cpu_{rooms}": usage.server_s / best.result.outcome.sent * 1e6,
            f"postgresql_{rooms}": usage.postgresql_s / best.result.outcome.sent * 1e6,
            f"load_core_{rooms}": usage.load_core * 100,
        }
    return Finding(figures, faults=faults)


def _best(stage: Stage, system: System, setting: Setting, start: float) -> Rung[Load] | None:
    crowd = setting.crowd

    def run(posts_per_s: float) -> Load:
        session, _ = stage.session(system, setting)
        per_room_s = posts_per_s / crowd.rooms
        session.load(per_room_s, WARM_UP_S, grace_s=1.0)
        load = session.load(per_room_s, LENGTH_S, grace_s=2.0)
        if not _acknowledged(load):
            stage.leave()
        return load

    highest = crowd.members * REQUESTS_PER_S * 0.95
    return climb(run, _acknowledged, start=start, lowest=start / 4, highest=highest, factor=math.sqrt(2)).best


def _figures(rooms: int) -> tuple[Figure, ...]:
    where = f"{rooms:,} rooms"
    return (
        Figure(f"rate_{rooms}", f"posts, {where}", "/s", better="high", digits=0),
        Figure(f"ack_p99_{rooms}", f"acknowledged p99, {where}", "ms"),
        Figure(f"cpu_{rooms}", f"server's CPU per post, {where}", "µs", digits=0),
        Figure(f"postgresql_{rooms}", f"PostgreSQL's, {where}", "µs", digits=0),
        Figure(f"load_core_{rooms}", f"load's core busy, {where}", "%", digits=0),
    )


DURABLE = Case(
    name="durable",
    title="Posts kept and acknowledged",
    what=(
        "The highest rate at which all posts are acknowledged, 99 of 100 within 60 ms of when they were due, on one "
        "worker, PostgreSQL with fsync. 100 senders in 20 rooms, then 1,000 in 1,000; each connection keeps to its "
        "limit of 100 requests a second."
    ),
    figures=(*_figures(20), *_figures(1_000)),
    systems=(CHORUS,),
    measure=_measure,
    targets=(
        Target("≥ 5,000/s over 20 rooms", "rate_20", at_least=5_000),
        Target("≥ 2,500/s over 1,000 rooms", "rate_1000", at_least=2_500),
        Target("acknowledged p99 ≤ 60 ms at that rate", "ack_p99_20", at_most=60),
    ),
)
