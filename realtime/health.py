"""Whether this process is alive and should be given traffic.

The engine reports what happens to it (`ready()`, `draining()`, `database_failed()`, `broker(ok)`); the
views of `realtime.urls` and the metrics read it. One state per process, safe from any thread.
Does not look at anything by itself: see `realtime.views` for the probe.
"""

from __future__ import annotations

import threading
import time
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
    "ready",
    "report",
    "starting",
]

# A restart of PostgreSQL takes a few seconds, and a balancer that drops every process for it makes
# a short slowdown into an outage. Hence the patience.
AWAY_S = 10.0
# Nobody relies yet on a process whose database has not answered once: it is starting, without that patience.
NEVER_MET = -inf


class Phase(StrEnum):
    """Where the process stands in its life."""

    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"


class Report(msgspec.Struct, frozen=True):
    """What `/readyz` says. ready: whether it is 200. broker: `ok` or `degraded`, which is still 200."""

    ready: bool
    phase: str
    database: str
    broker: str


class Health:
    """The state itself; the module's functions speak to the one of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._phase = Phase.STARTING
        self._away_since: float | None = NEVER_MET
        self._broker_ok = True

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

    def broker(self, ok: bool) -> None:
        """Whether the broker took the last publication."""
        self._broker_ok = ok

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
                broker="ok" if self._broker_ok else "degraded",
            )


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


def broker(ok: bool) -> None:
    """Whether the broker took the last publication."""
    _health.broker(ok)


def report(now: float | None = None) -> Report:
    """The state of this process. now: monotonic seconds."""
    return _health.report(time.monotonic() if now is None else now)
