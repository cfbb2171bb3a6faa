"""One room of 500 at 100,000 deliveries a second: what others just reach, as a working day."""

from __future__ import annotations

from benchmarks.case import CHORUS, SOCKETIO, Case, Target
from benchmarks.cases.figures import COSTS, LATENCIES
from benchmarks.cases.room_rate import MEMBERS, ROOM
from benchmarks.cases.steady import Steady

__all__ = ["FORMS", "ROOM_100K"]

DELIVERIES_PER_S = 100_000


ROOM_100K = Case(
    name="room-100k",
    title="One room of 500: 100,000 deliveries a second",
    what="200 messages a second to 500 members, on one worker.",
    figures=(*LATENCIES, *COSTS),
    systems=(CHORUS, "chorus-memory", "socketio-memory", "socketio-redis", "ws"),
    measure=Steady(ROOM, DELIVERIES_PER_S / MEMBERS),
    targets=(
        Target("p99 ≤ 25 ms", "p99_ms", at_most=25),
        Target("CPU per delivery ≤ 60 % of Socket.IO's with Redis", "cpu_us", at_most=0.6, against=SOCKETIO),
    ),
    quick=(CHORUS, "socketio-redis"),
)

FORMS = Case(
    name="forms",
    title="The same in other encodings",
    what=(
        "The 100 members who speak do so in plain JSON; the other 400 read in the form that is named. Bytes are those "
        "of all 500, so the form's own saving is a quarter more than it looks."
    ),
    figures=(COSTS[-1], *LATENCIES, *COSTS[:-1]),
    systems=(CHORUS, "chorus-msgpack", "chorus-deflate", "chorus-msgpack-deflate"),
    measure=Steady(ROOM, DELIVERIES_PER_S / MEMBERS),
)
