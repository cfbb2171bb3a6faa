"""PostgreSQL, Redis, and the one session that is open: everything a run starts, and everything it ends again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.processes import family, memory
from benchmarks.stage.cores import Cores, choose_cores
from benchmarks.stage.databases import Databases
from benchmarks.stage.entrance import enter
from benchmarks.stage.meter import Meter
from benchmarks.stage.session import Entry, Session, Setting
from benchmarks.systems import Place, Running, System, start
from loadtest.dialect import Dialect
from tests.support.ports import free_port
from tests.support.postgres import PostgresServer
from tests.support.redis import RedisServer

__all__ = ["House", "Stage"]


@dataclass(frozen=True)
class House:
    """A running system nobody has entered yet."""

    running: Running
    dialect: Dialect
    meter: Meter


class Stage:
    """As a context manager: pins this process, and with it PostgreSQL and Redis, to the load's core.

    Systems run one at a time, since they share a core. quick: whether cases are to be short.
    """

    def __init__(self, *, quick: bool = False) -> None:
        self.quick = quick
        self._stack = contextlib.ExitStack()
        self._session = contextlib.ExitStack()
        self._open: tuple[System, Setting, Session, Entry] | None = None

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self.cores: Cores = choose_cores()
            before = os.sched_getaffinity(0)
            os.sched_setaffinity(0, {self.cores.load})
            stack.callback(os.sched_setaffinity, 0, before)
            self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chorus-bench-")))
            self.postgresql = PostgresServer(self.folder / "postgresql.log", durable=True)
            stack.callback(self.postgresql.remove)
            self.postgresql.run()
            self.redis = RedisServer(self.folder / "redis.log")
            stack.callback(lambda: self.redis.running and self.redis.kill())
            self.redis.run()
            self.databases = Databases(self.postgresql, self.folder)
            stack.callback(self.leave)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def session(self, system: System, setting: Setting) -> tuple[Session, Entry]:
        """The system with its crowd inside. The same as last time if it is still open; else that one ends first.

        Raises what `start` and the dialect raise, and EngineError.
        """
        if self._open is None or self._open[:2] != (system, setting):
            self.leave()
            with contextlib.ExitStack() as stack:
                house = stack.enter_context(self.house(system, setting))
                session, entry = self._enter(house, setting)
                stack.callback(session.close)
                self._open = system, setting, session, entry
                self._session = stack.pop_all()
        return self._open[2:]

    def leave(self) -> None:
        """End the session that is open, and its server."""
        self._open = None
        self._session.close()

    @contextlib.contextmanager
    def house(self, system: System, setting: Setting) -> Iterator[House]:
        """Start a server that nobody has entered, on a database in which the setting's crowd is known."""
        self.leave()
        place = Place(free_port(), self.redis.url, workers=setting.workers, connects_per_s=setting.connects_per_s)
        place, tokens = self.databases.move_in(system, place, setting.crowd)
        try:
            with start(system, place, cpu={self.cores.server}) as running:
                yield House(running, system.dialect(tokens), self._meter(running))
        finally:
            self.databases.drop(place)

    def _enter(self, house: House, setting: Setting) -> tuple[Session, Entry]:
        running, place = house.running, house.running.place
        before, queries = memory(running.pids()), self.databases.queries(place)
        house.meter.start()
        sockets = asyncio.run(enter(house.dialect, place.port, setting.crowd))
        usage = house.meter.stop()
        with contextlib.ExitStack() as stack:
            for each in sockets:
                stack.callback(each.close)
            entry = Entry(usage, self.databases.queries(place) - queries, before, memory(running.pids()))
            session = Session(running, house.dialect, setting, sockets, house.meter)
            stack.pop_all()  # the session's from here
        return session, entry

    def _meter(self, running: Running) -> Meter:
        parts = {
            "server": running.pids,
            "postgresql": lambda: family(self.postgresql.pid),
            "redis": lambda: family(self.redis.pid),
        }
        return Meter(parts, self.cores)
