"""One room of 500 in quiet conversation, on two workers: from sent to received, the commit between them included."""

from __future__ import annotations

from benchmarks.case import CHORUS, Case, Target
from benchmarks.cases.figures import COSTS, LATENCIES
from benchmarks.cases.room_rate import MEMBERS
from benchmarks.cases.steady import Steady
from benchmarks.stage import Setting
from benchmarks.systems import Crowd

__all__ = ["ROOM_COMMIT"]

ROOM_COMMIT = Case(
    name="room-commit",
    title="One room of 500: sent to received",
    what=(
        "20 messages a second on two workers, which share the server's core and hear of each other through Redis. "
        "A message goes out when it is committed, with fsync."
    ),
    figures=(*LATENCIES, *COSTS),
    systems=(CHORUS,),
    measure=Steady(Setting(Crowd(MEMBERS), workers=2), per_room_s=20.0, length_s=10.0),
    targets=(Target("p99 ≤ 10 ms, the commit included", "p99_ms", at_most=10),),
    quick=(CHORUS,),
)
