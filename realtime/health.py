"""Whether this process is alive and should be given traffic.

The engine reports what happens to it (`ready()`, `draining()`, `database_failed()`, `broker(ok)`, `looked(…)`); the
views of `realtime.urls` read it. One state per process, safe from any thread.
Does not look at anything by itself: see `realtime.views` for the probe.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from enum import StrEnum
from math import inf

import msgspec

__all__ = [
    "AWAY_S",
    "Health",
    "Phase",
    "Report",
    "broker",
    "database_answered",
    "database_failed",
    "draining",
    "looked",
    "ready",
    "report",
    "starting",
]

# A restart of PostgreSQL takes a few seconds, and a balancer that drops every process for it makes
# a short slowdown into an outage. Hence the patience.
AWAY_S = 10.0
# Nobody relies yet on a process whose database has not answered once: it is starting, without that patience.
NEVER_MET = -inf
# What a look once a second found is worth telling above these; nobody is sent elsewhere for it.
SLOW_LOOP_S = 0.5
FULL_WRITER = 0.8
# Without a look for so long the loop is stuck, or there is none.
LOOKED_WITHIN_S = 5.0


class Phase(StrEnum):
    """Where the process stands in its life."""

    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"


class Report(msgspec.Struct, frozen=True):
    """What `/readyz` says. ready: whether it is 200. broker: `ok` or `degraded`, which is still 200.

    reasons: what is not as it should be, one sentence each; there may be some with 200, too.
    """

    ready: bool
    phase: str
    database: str
    broker: str
    reasons: list[str] = []


class Health:
    """The state itself; the module's functions speak to the one of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._phase = Phase.STARTING
        self._away_since: float | None = NEVER_MET
        self._broker_away_since: float | None = None
        self._looked_at: float | None = None
        self._lag_s = self._writer_fullness = 0.0

    def enter(self, phase: Phase) -> None:
        """Go to a phase. Any order is taken: a test starts and drains the same process more than once."""
        with self._lock:
            self._phase = phase

    def database_failed(self, now: float) -> None:
        """A query could not be answered. The first failure since an answer starts the clock."""
        with self._lock:
            if self._away_since is None:
                self._away_since = now

    def database_answered(self) -> None:
        """A query was answered. Called after each one, so it does nothing in the common case."""
        if self._away_since is not None:
            with self._lock:
                self._away_since = None

    def broker(self, ok: bool, now: float) -> None:
        """Whether the broker took the last publication. The first that it did not starts the clock."""
        if ok:
            self._broker_away_since = None
        elif self._broker_away_since is None:
            self._broker_away_since = now

    def looked(self, lag_s: float, writer_fullness: float, now: float) -> None:
        """What the last look at the event loop and the writer found: its longest delay, and how full the queue is."""
        self._lag_s, self._writer_fullness, self._looked_at = lag_s, writer_fullness, now

    def report(self, now: float) -> Report:
        """The state as of `now` (monotonic seconds)."""
        with self._lock:
            phase, since = self._phase, self._away_since
        if phase is Phase.READY and since == NEVER_MET:
            phase = Phase.STARTING
        return Report(
            ready=phase is Phase.READY and (since is None or now - since <= AWAY_S),
            phase=phase.value,
            database="ok" if since is None else "away",
            broker="ok" if self._broker_away_since is None else "degraded",
            reasons=[*_phase_reasons(phase), *self._reasons(since, now)],
        )

    def _reasons(self, away_since: float | None, now: float) -> Iterator[str]:
        if away_since == NEVER_MET:
            yield "The database has not answered yet."
        elif away_since is not None:
            yield f"The database has been away for {now - away_since:.0f} s."
        if (broker_since := self._broker_away_since) is not None:
            yield f"The broker has been away for {now - broker_since:.0f} s; messages come from the database, later."
        if self._looked_at is not None and now - self._looked_at > LOOKED_WITHIN_S:
            yield f"The event loop has not been looked at for {now - self._looked_at:.0f} s."
        elif self._lag_s >= SLOW_LOOP_S:
            yield f"The event loop kept something waiting for {self._lag_s:.1f} s."
        if self._writer_fullness >= FULL_WRITER:
            yield f"The writer's queue is {self._writer_fullness:.0%} full."


def _phase_reasons(phase: Phase) -> Iterator[str]:
    if phase is Phase.STARTING:
        yield "The process is starting."
    elif phase is Phase.DRAINING:
        yield "The process is draining and takes nobody in."


_health = Health()


def starting() -> None:
    """The process is not ready yet (the state it is born in)."""
    _health.enter(Phase.STARTING)


def ready() -> None:
    """The process takes traffic."""
    _health.enter(Phase.READY)


def draining() -> None:
    """The process is about to end and wants no new traffic."""
    _health.enter(Phase.DRAINING)


def database_failed(now: float | None = None) -> None:
    """The database did not answer a query. now: monotonic seconds."""
    _health.database_failed(time.monotonic() if now is None else now)


def database_answered() -> None:
    """The database answered a query."""
    _health.database_answered()


def broker(ok: bool, now: float | None = None) -> None:
    """Whether the broker took the last publication. now: monotonic seconds."""
    _health.broker(ok, time.monotonic() if now is None else now)


def looked(lag_s: float, writer_fullness: float, now: float | None = None) -> None:
    """What a look at the event loop found (realtime.sampling). now: monotonic seconds."""
    _health.looked(lag_s, writer_fullness, time.monotonic() if now is None else now)


def report(now: float | None = None) -> Report:
    """The state of this process. now: monotonic seconds."""
    return _health.report(time.monotonic() if now is None else now)
