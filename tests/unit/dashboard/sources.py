"""A source of the unit tests' own, not registered."""

from __future__ import annotations

from typing import Annotated

import msgspec

from dashboard import Source, above, below, number, text


class State(msgspec.Struct):
    x: Annotated[
        float | None,
        number("X", unit="ms", limits=[above(10, for_s=2), above(20, severity="critical")], keep="max"),
    ] = None
    y: Annotated[float, number("Y", limits=[below(1)])] = 5.0
    note: Annotated[str, text("Note")] = ""


class StateSource(Source[State]):
    name = "state"
    title = "State"
    interval_s = 1.0

    def compute(self) -> State:
        return State()


class TalkSource(Source[State]):
    name = "talk"
    title = "Talk"
