"""Dashboards of the tests' own. `dashboards.py` of a test server's site is made of this file."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import msgspec

from dashboard import Source, above, number, text
from realtime.identity import Identity

FOLDER = Path(__file__).parent


class Ticks(msgspec.Struct):
    count: Annotated[int, number("Computations", limits=[above(1_000_000)])] = 0
    constant: Annotated[str, text("What never changes")] = "the same text in every state, and so told once"


class TicksSource(Source[Ticks]):
    """Counts over processes: each computation adds a line to a file."""

    name = "ticks"
    title = "Ticks"
    interval_s = 0.25

    def compute(self) -> Ticks:
        with (FOLDER / "ticks.txt").open("a") as file:
            file.write(f"{time.time():.3f}\n")
        return Ticks(len((FOLDER / "ticks.txt").read_text().splitlines()))

    def may_see(self, identity: Identity) -> bool:
        return True


class FailingSource(Source[Ticks]):
    """Fails while there is a file that says so."""

    name = "failing"
    title = "Failing"
    interval_s = 0.25

    def compute(self) -> Ticks:
        if (FOLDER / "fail").exists():
            raise ValueError("the password is hunter2")
        return Ticks(1)


class HangingSource(Source[Ticks]):
    """Never comes back."""

    name = "hanging"
    title = "Hanging"
    interval_s = 0.25
    patience_s = 0.4

    def compute(self) -> Ticks:
        time.sleep(3_600)
        return Ticks()


class SleepySource(Source[Ticks]):
    """Takes longer than it may, and comes all the same."""

    name = "sleepy"
    title = "Sleepy"
    interval_s = 0.25
    patience_s = 0.3

    async def compute(self) -> Ticks:
        await asyncio.sleep(0.8)
        return Ticks(1)


class PushedSource(Source[Ticks]):
    name = "pushed"
    title = "Pushed"


class LazySource(TicksSource):
    """Computed for who looks."""

    name = "lazy"
    title = "Lazy"
    always = False

    def compute(self) -> Ticks:
        with (FOLDER / "lazy.txt").open("a") as file:
            file.write(".")
        return Ticks(1)


class RememberingSource(Source[Ticks]):
    """Knows its past."""

    name = "remembering"
    title = "Remembering"
    interval_s = 0.25

    def compute(self) -> Ticks:
        return Ticks(1)

    def past(self, since: datetime) -> Iterable[tuple[datetime, Mapping[str, float | None]]]:
        return [(since + timedelta(minutes=10 * number), {"count": 100 + number}) for number in range(1, 6)]


class LostSource(Source[Ticks]):
    """Never finds its past."""

    name = "lost"
    title = "Lost"
    interval_s = 0.25
    patience_s = 0.4

    def compute(self) -> Ticks:
        return Ticks(1)

    def past(self, since: datetime) -> Iterable[tuple[datetime, Mapping[str, float | None]]]:
        time.sleep(3_600)
        return ()


class RareSource(Source[Ticks]):
    """Computed once a minute, for who looks."""

    name = "rare"
    title = "Rare"
    interval_s = 60.0
    always = False

    def compute(self) -> Ticks:
        return Ticks(1)


class LeavingSource(Source[Ticks]):
    """Wants the process to end."""

    name = "leaving"
    title = "Leaving"
    interval_s = 0.25

    def compute(self) -> Ticks:
        raise SystemExit(1)


SOURCES = (
    TicksSource, FailingSource, HangingSource, SleepySource, PushedSource, LazySource, RememberingSource, LostSource,
    RareSource, LeavingSource,
)  # fmt: skip
