"""People who watch a dashboard over the socket: they subscribe once, then read, and note how old it is what comes.

Knows Chorus alone, with the app of benchmarks/board installed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from benchmarks.processes import cpu_s
from benchmarks.stage import House, Load, Meter, Setting, Stage
from benchmarks.stage.entrance import enter
from benchmarks.stage.load import drive
from benchmarks.systems import Crowd, Place, System
from loadtest.chorus import ChorusDialect
from loadtest.dialect import Speech
from loadtest.engine import Engine, Outcome
from loadtest.link import entering

__all__ = ["PATH", "WatchDialect", "Watchers", "board_house", "calm", "core", "tokens_of", "watching"]

TOPIC, PATH = "dashboard/board", "/api/dashboard/board/"
STAMP = b'"at":'
TICKS_MIN = 0.9
"""Of the updates there are, so many have to come to everybody: else what they cost says nothing."""
POLITE = 19
FOREVER_S = 86_400.0
CALM_CORE, CALM_LOOK_S, CALM_WITHIN_S = 0.15, 0.5, 60.0


class WatchDialect(ChorusDialect):
    """Its clients watch the dashboard, whatever room they are brought to."""

    @property
    def speech(self) -> Speech:
        return replace(super().speech, stamp=STAMP)

    async def enter(self, host: str, port: int, room: str, number: int) -> socket.socket:
        async with entering(host, port) as link:
            await self.subscribe(link, number, TOPIC)
            # It ticks while they still come.
            await link.receive_rest()
            return link.release()


class Watchers:
    """Watchers who are there. `close` ends them."""

    def __init__(self, sockets: Sequence[socket.socket], dialect: WatchDialect, meter: Meter) -> None:
        self.members = len(sockets)
        self._meter = meter
        self._engine = Engine(sockets, [0] * self.members)
        self._engine.speaks(dialect.speech)

    def watch(self, length_s: float) -> Load:
        """Read for so long."""
        self._meter.start()
        outcome = drive(self._engine, [], length_s, grace_s=0.0, acks=False)
        return Load(outcome, self._meter.stop(), 0.0, wants_replies=False)

    @contextlib.contextmanager
    def beside(self) -> Iterator[list[Outcome]]:
        """Read in the background while something else is measured; give what came of it, once that is over.

        It only takes the time of its core that nobody else wants: these readers stand for machines elsewhere, and must
        not be in the way of the database and of the readers that are measured.
        """
        outcomes: list[Outcome] = []

        def read() -> None:
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), POLITE)
            outcomes.append(self._engine.run([], FOREVER_S, grace_s=0.0))

        thread = threading.Thread(target=read, name="watchers")
        thread.start()
        try:
            yield outcomes
        finally:
            self._engine.stop()
            thread.join()

    def faults(self, outcome: Outcome) -> list[str]:
        """Why what they saw counts for nothing, if it does not. One update a second is due."""
        if outcome.closed:
            return [f"incomplete: {outcome.closed} watchers were cut off"]
        if outcome.uninformed:
            return [f"incomplete: {outcome.uninformed} watchers were told nothing"]
        each = outcome.ages.total / self.members / outcome.took_s
        return [] if each >= TICKS_MIN else [f"incomplete: each watcher was told {each:.2f} times a second, not once"]

    def close(self) -> None:
        self._engine.close()


@contextlib.contextmanager
def board_house(stage: Stage, system: System, crowd: Crowd) -> Iterator[House]:
    """A running Chorus with the board, and nobody in it."""

    def environment(place: Place) -> Mapping[str, str]:
        return {**system.environment(place), "DJANGO_SETTINGS_MODULE": "benchmarks.board.settings"}

    with stage.house(replace(system, environment=environment), Setting(crowd)) as house:
        yield house


def tokens_of(house: House) -> Sequence[str]:
    """Of everybody who has an account there."""
    assert isinstance(house.dialect, ChorusDialect), "no other system has dashboards"
    return house.dialect.tokens


@contextlib.contextmanager
def watching(house: House, tokens: Sequence[str]) -> Iterator[Watchers]:
    """With a watcher for each token."""
    dialect = WatchDialect(tokens)
    sockets = asyncio.run(enter(dialect, house.running.port, Crowd(len(tokens))))
    with contextlib.closing(Watchers(sockets, dialect, house.meter)) as watchers:
        yield watchers


def core(house: House, length_s: float) -> float:
    """The server's CPU as a share of a core, while nobody does anything."""
    house.meter.start()
    time.sleep(length_s)
    usage = house.meter.stop()
    return usage.server_s / usage.took_s


def calm(house: House) -> None:
    """Wait until the server is done with those who left. Raises TimeoutError."""
    end = time.monotonic() + CALM_WITHIN_S
    before = cpu_s(house.running.pids())
    while time.monotonic() < end:
        time.sleep(CALM_LOOK_S)
        now = cpu_s(house.running.pids())
        if (now - before) / CALM_LOOK_S < CALM_CORE:
            return
        before = now
    raise TimeoutError("the server is still busy with those who left")
