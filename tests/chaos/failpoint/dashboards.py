"""`pulse`: a dashboard whose every state can be told from its number, so that a state that was merged wrongly shows."""

from __future__ import annotations

import time
from typing import Annotated, Any

import msgspec

from dashboard import Source, number, register, table
from realtime.identity import Identity

__all__ = ["INTERVAL_S", "PulseSource", "torn"]

INTERVAL_S = 0.5
ROWS = 5


class Line(msgspec.Struct):
    """A row that changes with the beat its place says."""

    place: Annotated[int, number("Place")]
    beat: Annotated[int, number("Beat")]


class Pulse(msgspec.Struct):
    """beat: grows with time, on whatever process. The others change every so many beats."""

    beat: Annotated[int, number("Beat")]
    second: Annotated[int, number("Every second")]
    third: Annotated[int, number("Every third")]
    tenth: Annotated[int, number("Every tenth")]
    rows: Annotated[list[Line], table("Rows", key="place")]


@register
class PulseSource(Source[Pulse]):
    """Computed by whichever process has the tick."""

    name = "pulse"
    title = "Pulse"
    interval_s = INTERVAL_S

    def compute(self) -> Pulse:
        beat = int(time.time() / INTERVAL_S)
        rows = [Line(place, beat // place) for place in range(1, ROWS + 1)]
        return Pulse(beat, beat // 2, beat // 3, beat // 10, rows)

    def may_see(self, identity: Identity) -> bool:
        return True


def torn(state: dict[str, Any]) -> bool:
    """Whether these fields were never a state together."""
    beat = state["beat"]
    rows = [{"place": place, "beat": beat // place} for place in range(1, ROWS + 1)]
    told = (state["second"], state["third"], state["tenth"], state["rows"])
    return told != (beat // 2, beat // 3, beat // 10, rows)
