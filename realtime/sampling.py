"""Looks at this process once a second: moves what was tallied to Prometheus's metrics, and takes a `Sample`.

One sampler lives with each hub, and ten thousand sockets are looked at in slices. What a sample says stands in
realtime.metrics.sample; who wants each new one calls `sampler(hub).listen`. Knows no feature. Page:
docs/reference/metrics.md.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from django.db import connection

from realtime import health
from realtime.executors import run_read
from realtime.groupcommit import changes_waiting
from realtime.hub.messages import process_id
from realtime.metrics import Sample, move, show, tally
from realtime.metrics.counts import rare_counts, refusals
from realtime.metrics.process import STARTED_AT, cpu_s, memory_bytes, version
from realtime.metrics.tally import COUNTED

if TYPE_CHECKING:
    from realtime.hub import Hub

__all__ = ["Sampler", "begin", "sampler"]

logger = logging.getLogger(__name__)

EVERY_S = 1.0
LOOK_S = 0.05
"""How often the loop's own delay is measured."""
SLICE = 200
PAUSE_S = 0.002
"""Sockets looked at at a time, and how long others have the loop then."""
PROBE_EVERY_S = 5.0
PROBE_WITHIN_S = 2.0
SPREADS = ("delivery", "ack", "fanout", "commit")

Callback = Callable[[Sample], None]


class Sampler:
    """One per hub (`sampler`). sample: the latest; None within the first second."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._loop = hub.loop
        self._callbacks: list[Callback] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._look: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._lag_s = 0.0
        self._database_s: float | None = None
        self._database_away = False
        self._probe: asyncio.Future[float] | None = None
        self._before = _Totals(self._loop.time())
        self.sample: Sample | None = None

    def start(self) -> None:
        self._look_later()
        for keep in (self._keep_sampling, self._keep_asking):
            self._tasks.append(self._loop.create_task(keep(), name=f"chorus-sampler{keep.__name__}"))

    async def aclose(self) -> None:
        if self._look is not None:
            self._look.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._probe is not None:
            await asyncio.wait({self._probe}, timeout=0.5)
        move()

    def listen(self, callback: Callback) -> Callable[[], None]:
        """Call `callback` on the loop with each new sample; what is returned ends that."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    # --- once a second ----------------------------------------------------------------------------

    async def _keep_sampling(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                self.sample = self._taken(await self._unsent_bytes())
                move()
                show(self.sample, database_away=self._database_away)
            except Exception:
                logger.exception("This process could not be sampled")
                continue
            for callback in list(self._callbacks):
                self._tell(callback, self.sample)

    def _taken(self, unsent_bytes: int) -> Sample:
        hub, broker = self._hub, self._hub.broker
        before, now = self._before, _Totals(self._loop.time())
        span_s = max(now.at - before.at, 0.001)
        lag_s, self._lag_s, self._before = self._lag_s, 0.0, now
        waiting, fullness = changes_waiting()
        health.looked(lag_s=lag_s, writer_fullness=fullness)
        return Sample(
            process=process_id(),
            pid=os.getpid(),
            host=socket.gethostname(),
            version=version(),
            started_at=STARTED_AT,
            at=time.time(),
            span_s=span_s,
            cpu=(now.cpu_s - before.cpu_s) / span_s,
            memory_bytes=memory_bytes(),
            lag_s=lag_s,
            connections=len(hub.connections),
            users=hub.connections.users,
            unsent_bytes=unsent_bytes,
            waiting=waiting,
            lagging=hub.lagging,
            database_s=self._database_s,
            broker_s=broker.took_s,
            broker="none" if broker.local else "degraded" if broker.degraded else "ok",
            counts=_grown(before.counts, now.counts),
            errors={code: count for code, count in _grown(before.errors, now.errors).items() if count},
            delays={name: _grown_list(before.delays[name], now.delays[name]) for name in SPREADS},
        )

    async def _unsent_bytes(self) -> int:
        total = 0
        for number, each in enumerate(self._hub.connections, 1):
            total += each.unsent_bytes()
            if not number % SLICE:
                await asyncio.sleep(PAUSE_S)
        return total

    def _tell(self, callback: Callback, sample: Sample) -> None:
        try:
            callback(sample)
        except Exception:
            logger.exception("A listener of samples failed")

    # --- how late the loop is ---------------------------------------------------------------------

    def _look_later(self) -> None:
        self._due = self._loop.time() + LOOK_S
        self._look = self._loop.call_at(self._due, self._looked)

    def _looked(self) -> None:
        late_s = max(0.0, self._loop.time() - self._due)
        tally.lag.add(late_s)
        self._lag_s = max(self._lag_s, late_s)
        self._look_later()

    # --- how far the database is ------------------------------------------------------------------

    async def _keep_asking(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S if self._database_s is None else PROBE_EVERY_S)
            try:
                self._database_s = await self._asked()
                self._database_away = False
            except Exception:  # noqa: BLE001 - whatever it is, the database did not answer; health tells it
                self._database_s, self._database_away = None, True

    async def _asked(self) -> float:
        """Seconds of one round trip. A question that hangs is not asked a second time."""
        if self._probe is None or self._probe.done():
            self._probe = asyncio.ensure_future(run_read(round_trip_s))
            self._probe.add_done_callback(_retrieved)
        return await asyncio.wait_for(asyncio.shield(self._probe), PROBE_WITHIN_S)


class _Totals:
    """What this process had counted at a time, to tell what is new later."""

    __slots__ = ("at", "counts", "cpu_s", "delays", "errors")

    def __init__(self, at: float) -> None:
        self.at = at
        self.cpu_s = cpu_s()
        self.counts = {**rare_counts(), **{name: getattr(tally, name) for name in COUNTED}}
        self.errors = refusals()
        self.delays: dict[str, list[int]] = {name: list(getattr(tally, name).counts) for name in SPREADS}


def sampler(hub: Hub) -> Sampler:
    """The hub's sampler, started at the first use."""
    return hub.companion(Sampler)


def begin(hub: Hub) -> None:
    """Start it with the hub."""
    if hub.conf.SAMPLES:
        sampler(hub)


def round_trip_s() -> float:
    """In a reader thread: how long the database takes to answer. Raises what Django raises."""
    connection.ensure_connection()
    started = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return time.perf_counter() - started


def _grown(before: dict[str, int], now: dict[str, int]) -> dict[str, int]:
    return {name: count - before[name] for name, count in now.items()}


def _grown_list(before: list[int], now: list[int]) -> list[int]:
    return [count - was for count, was in zip(now, before, strict=True)]


def _retrieved(probe: asyncio.Future[float]) -> None:
    if not probe.cancelled():
        probe.exception()
