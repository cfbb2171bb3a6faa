"""How the server's CPU grows with the members of a room and with the number of rooms: in proportion, or worse."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.case import CHORUS, Case, Figure, Target
from benchmarks.sample import Finding, Sample, slope
from benchmarks.stage import Setting, Stage
from benchmarks.systems import Crowd, System

__all__ = ["GROWTH"]

LENGTH_S, WARM_UP_S = 5.0, 1.0
MEMBERS = (50, 150, 500, 1_500, 5_000)
PER_S_IN_ONE_ROOM = 10.0
ROOMS = (20, 60, 200, 600, 1_000)
MEMBERS_OF_EACH = 10
PER_S_IN_EACH = 1.0


def _measure(stage: Stage, system: System, _earlier: Sequence[Sample]) -> Finding:
    faults: list[str] = []

    def core(crowd: Crowd, per_room_s: float) -> float:
        """The server's CPU in percent of a core."""
        session, _ = stage.session(system, Setting(crowd))
        session.load(per_room_s, WARM_UP_S)
        load = session.load(per_room_s, LENGTH_S)
        faults.extend(f"{crowd.members} members, {crowd.rooms} rooms: {fault}" for fault in load.faults())
        return load.usage.server_s / load.usage.took_s * 100

    members = [(float(count), core(Crowd(count), PER_S_IN_ONE_ROOM)) for count in MEMBERS]
    rooms = [(float(count), core(Crowd(count * MEMBERS_OF_EACH, count), PER_S_IN_EACH)) for count in ROOMS]
    return Finding(
        {
            "members_slope": slope(members),
            "rooms_slope": slope(rooms),
            "members_last": members[-1][1],
            "rooms_last": rooms[-1][1],
        },
        {"members of one room": members, "rooms of 10": rooms},
        faults=faults,
    )


GROWTH = Case(
    name="growth",
    title="Growth",
    what=(
        "The slope of the server's CPU on logarithmic scales; 1 is in proportion. Over the members of one room (50 to "
        "5,000, 10 messages a second) and over rooms of 10 (20 to 1,000, one message a second each)."
    ),
    figures=(
        Figure("members_slope", "slope over members", "", digits=2),
        Figure("rooms_slope", "slope over rooms", "", digits=2),
        Figure("members_last", "CPU at 5,000 members", "% of a core"),
        Figure("rooms_last", "CPU at 1,000 rooms", "% of a core"),
    ),
    systems=(CHORUS,),
    measure=_measure,
    targets=(
        Target("slope ≤ 1.1 over members", "members_slope", at_most=1.1),
        Target("slope ≤ 1.1 over rooms", "rooms_slope", at_most=1.1),
    ),
    rounds=1,
)
