"""One room of 500 at 100,000 deliveries a second: what others just reach, as a working day."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.case import CHORUS, SOCKETIO, Case, Target
from benchmarks.cases.figures import COSTS, P50, P99, finding_of
from benchmarks.cases.room_rate import MEMBERS, ROOM
from benchmarks.sample import Finding, Sample
from benchmarks.stage import Stage
from benchmarks.systems import System

__all__ = ["ROOM_100K"]

DELIVERIES_PER_S = 100_000
LENGTH_S, QUICK_LENGTH_S, WARM_UP_S = 8.0, 3.0, 1.0


def _measure(stage: Stage, system: System, _earlier: Sequence[Sample]) -> Finding:
    session, _ = stage.session(system, ROOM)
    per_s = DELIVERIES_PER_S / MEMBERS
    session.load(per_s, WARM_UP_S, grace_s=1.0)
    load = session.load(per_s, QUICK_LENGTH_S if stage.quick else LENGTH_S)
    if load.faults():
        stage.leave()
    return finding_of(load)


ROOM_100K = Case(
    name="room-100k",
    title="One room of 500: 100,000 deliveries a second",
    what="200 messages a second to 500 members, on one worker.",
    figures=(P99, P50, *COSTS),
    systems=(CHORUS, "chorus-memory", "socketio-memory", "socketio-redis", "ws"),
    measure=_measure,
    targets=(
        Target("p99 ≤ 25 ms", "p99_ms", at_most=25),
        Target(
            "CPU per delivery ≤ 60 % of Socket.IO's with its Redis adapter", "cpu_us", at_most=0.6, against=SOCKETIO
        ),
    ),
    quick=(CHORUS, "socketio-redis"),
)
