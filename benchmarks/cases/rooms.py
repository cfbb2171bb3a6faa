"""Many rooms: ten thousand sockets in 20 large ones or in 1,000 small ones, and all of them in one."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.case import CHORUS, Case, Figure, Target
from benchmarks.cases.figures import COSTS, LATENCIES
from benchmarks.cases.steady import Steady
from benchmarks.stage import Load, Setting
from benchmarks.systems import Crowd

__all__ = ["CROWD", "ROOMS_20", "ROOMS_20_BUSY", "ROOMS_1000", "TWENTY"]

SOCKETS = 10_000
TWENTY = Setting(Crowd(SOCKETS, 20))
"""20 rooms of 500: also what idles and connects."""
SYSTEMS = (CHORUS, "socketio-memory", "socketio-redis", "ws")
LAST_MS = Figure("last_ms", "last recipient of the slowest message", "ms")


def _last(load: Load) -> Mapping[str, float]:
    return {"last_ms": max(load.outcome.last_s, default=0.0) * 1000}


def _per_message(load: Load) -> Mapping[str, float]:
    return {"message_us": load.usage.server_s / max(load.outcome.sent, 1) * 1e6}


ROOMS_20 = Case(
    name="rooms-20",
    title="20 rooms of 500, 5 messages a second each",
    what="10,000 sockets, 50,000 deliveries a second, on one worker.",
    figures=(*LATENCIES, *COSTS),
    systems=SYSTEMS,
    measure=Steady(TWENTY, per_room_s=5.0),
    targets=(Target("p99 ≤ 40 ms", "p99_ms", at_most=40),),
)

ROOMS_20_BUSY = Case(
    name="rooms-20-busy",
    title="20 rooms of 500, 10 messages a second each",
    what="10,000 sockets, 100,000 deliveries a second, on one worker: near what one core can write.",
    figures=(*LATENCIES, *COSTS),
    systems=SYSTEMS,
    measure=Steady(TWENTY, per_room_s=10.0),
    targets=(Target("all delivered, p99 ≤ 300 ms", "p99_ms", at_most=300),),
)

ROOMS_1000 = Case(
    name="rooms-1000",
    title="1,000 rooms of 10, one message a second each",
    what="10,000 sockets, 1,000 messages and 10,000 deliveries a second, on one worker.",
    figures=(*LATENCIES, Figure("message_us", "server's CPU per message", "µs", digits=0), *COSTS),
    systems=SYSTEMS,
    measure=Steady(Setting(Crowd(SOCKETS, 1_000)), per_room_s=1.0, more=_per_message),
    targets=(Target("p99 ≤ 30 ms", "p99_ms", at_most=30),),
)

CROWD = Case(
    name="crowd",
    title="One room of 10,000: until the last has it",
    what="One message a second. How long the last of 10,000 waits for it: the slowest of all messages counts.",
    figures=(LAST_MS, *LATENCIES, *COSTS),
    systems=SYSTEMS,
    measure=Steady(Setting(Crowd(SOCKETS)), per_room_s=1.0, length_s=10.0, more=_last),
    targets=(Target("last recipient ≤ 150 ms", "last_ms", at_most=150),),
)
