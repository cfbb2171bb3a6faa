"""The dashboard that is measured: twenty numbers and a table of ten rows, of which nine numbers and the table change.

Every second, so that what is sent is neither next to nothing nor the whole: a diff of about 1 KB. Computed in a
thread, as most sources are, and out of nothing: what a query costs is the source's own, however it is delivered.
"""

from __future__ import annotations

import random
from typing import Annotated

import msgspec

from dashboard import Source, number, register, table, text
from realtime.identity import Identity

__all__ = ["CHANGED", "FIGURES", "Board", "BoardSource", "Line"]

CHANGED = 9
"""Of the numbers, at each tick the next ones."""
LINES = 10
SEED = 1

Figure = Annotated[float, number("Figure", unit="/s", decimals=2, chart="figures")]


class Line(msgspec.Struct):
    """One row of the table."""

    name: Annotated[str, text("Line")]
    rate: Annotated[float, number("Rate", unit="/s", decimals=2)]
    errors: Annotated[int, number("Errors")]
    latency_ms: Annotated[float, number("Latency", unit="ms", decimals=1)]


class Board(msgspec.Struct):
    """The state."""

    figure_01: Figure = 0.0
    figure_02: Figure = 0.0
    figure_03: Figure = 0.0
    figure_04: Figure = 0.0
    figure_05: Figure = 0.0
    figure_06: Figure = 0.0
    figure_07: Figure = 0.0
    figure_08: Figure = 0.0
    figure_09: Figure = 0.0
    figure_10: Figure = 0.0
    figure_11: Figure = 0.0
    figure_12: Figure = 0.0
    figure_13: Figure = 0.0
    figure_14: Figure = 0.0
    figure_15: Figure = 0.0
    figure_16: Figure = 0.0
    figure_17: Figure = 0.0
    figure_18: Figure = 0.0
    figure_19: Figure = 0.0
    figure_20: Figure = 0.0
    lines: Annotated[list[Line], table("Lines", key="name")] = []


FIGURES = tuple(name for name in Board.__struct_fields__ if name != "lines")


@register
class BoardSource(Source[Board]):
    """For everybody who is logged in, once a second."""

    name = "board"
    title = "Board"
    about = "What the benchmark watches."
    interval_s = 1.0

    def __init__(self) -> None:
        self._random = random.Random(SEED)  # noqa: S311 - the same board in every run
        self._figures = dict.fromkeys(FIGURES, 0.0)
        self._next = 0

    def compute(self) -> Board:
        for place in range(self._next, self._next + CHANGED):
            self._figures[FIGURES[place % len(FIGURES)]] = round(self._random.uniform(100, 1_000), 2)
        self._next += CHANGED
        return Board(**self._figures, lines=[self._line(place) for place in range(1, LINES + 1)])

    def may_see(self, identity: Identity) -> bool:
        return True

    def _line(self, place: int) -> Line:
        rate, latency_ms = self._random.uniform(10, 100), self._random.uniform(1, 50)
        return Line(f"line-{place:02}", round(rate, 2), self._random.randrange(10), round(latency_ms, 1))
