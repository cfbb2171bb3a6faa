"""See the package."""

from __future__ import annotations

import time
from typing import Annotated, Any

import msgspec

from dashboard import Source, above, counts, number, register, table, text
from dashboard import time as moment
from realtime.identity import Identity
from tests.browser.lab.world import CHARTS, WORLD, wave

__all__ = ["LabSource", "ShelfSource"]


class Room(msgspec.Struct):
    room: Annotated[str, text("Room")]
    members: Annotated[int, number("Members")]
    rate: Annotated[float, number("Messages", unit="/s", decimals=1)]
    since: Annotated[int | None, moment("Since")] = None


lines: list[tuple[str, Any, Any]] = [
    (
        f"line_{n}",
        Annotated[
            float,
            number(
                f"Line {n}",
                unit="ms" if n % (CHARTS - 1) % 2 else "/s",
                decimals=1,
                tile=n < 5,
                chart=f"chart_{n % (CHARTS - 1)}",
                better="low" if n % 2 else "high",
            ),
        ],
        0.0,
    )
    for n in range(CHARTS + 2)
]
others: list[tuple[str, Any, Any]] = [
    ("people", Annotated[float, number("People", chart="people", help="Who is here now.")], 0.0),
    (
        "latency",
        Annotated[
            float | None,
            number(
                "Latency",
                unit="ms",
                decimals=1,
                chart="chart_1",
                better="low",
                limits=[above(100), above(500, severity="critical")],
            ),
        ],
        None,
    ),
    ("memory", Annotated[float, number("Memory", unit="B")], 0.0),
    ("uptime", Annotated[float, number("Uptime", unit="s")], 0.0),
    ("note", Annotated[str, text("Note")], ""),
    ("started", Annotated[int | None, moment("Started")], None),
    ("errors", Annotated[dict[str, float], counts("Errors by code", unit="/s", decimals=1)], {}),
    ("rooms", Annotated[list[Room], table("Rooms", key="room")], []),
]
Lab = msgspec.defstruct("Lab", [*others[:4], *lines, *others[4:]])
BEGAN_S = time.time()


@register
class LabSource(Source[Any]):
    name = "lab"
    title = "Lab"
    about = "One of everything, a second at a time."
    interval_s = 1.0
    state = Lab

    async def compute(self) -> Any:
        if WORLD["fails"]:
            raise ValueError("as the test wants it")
        return state_at(time.time())

    def may_see(self, identity: Identity) -> bool:
        return True


class Shelf(msgspec.Struct):
    sold: Annotated[int, number("Sold", chart="sold", better="high")] = 0


@register
class ShelfSource(Source[Shelf]):
    name = "shelf"
    title = "Shelf"
    about = "Told when something is sold."

    def may_see(self, identity: Identity) -> bool:
        return True


def state_at(at_s: float) -> Any:
    """What the lab says at a moment."""
    waves = {name: wave(place, at_s) for place, (name, *_) in enumerate(lines)}
    world = {name: WORLD[name] for name in ("people", "latency", "note", "errors")}
    rooms = [Room(**each) for each in WORLD["rooms"]]
    memory, uptime = 2**20 * wave(8, at_s), at_s - BEGAN_S + 7_400
    return Lab(**waves, **world, rooms=rooms, memory=memory, uptime=uptime, started=int(BEGAN_S * 1000))
