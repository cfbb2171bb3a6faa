"""Has sources computed when they are due, and tells what came of it. One per hub.

Each process asks the store for the sources whose time has come; one process gets each. It computes beside everything
else, commits, and publishes what changed. Knows no source in particular; committer.py is what it does with a state.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from dashboard.board import Board
from dashboard.committer import ALERTS, Committer
from dashboard.computing import compute, within
from dashboard.conf import conf
from dashboard.document import Stale
from dashboard.exporting import export, exported
from dashboard.history import History
from dashboard.pushes import PUSHED, Pushes, push_of
from dashboard.samples import Teller
from dashboard.source import Source, all_sources, find_source
from dashboard.store import Claim, RedisStore, SteadyStore
from realtime.hub import on_signal
from realtime.protocol.errors import RealtimeError
from realtime.sampling import sampler

if TYPE_CHECKING:
    from realtime.hub import Hub

__all__ = ["Ticker", "ticker"]

logger = logging.getLogger(__name__)

GOLDEN = 0.618034
"""Spreads phases evenly over an interval, however many sources there are."""
WATCHED_S = 15.0
"""How long somebody who asked over HTTP counts as looking."""
JITTER_S = 0.01
LAST_WORDS_S = 0.8
"""Of the second that a companion has to end."""
RETRY_S = 1.0
COMPARE_S = 1.5
"""Within the 2 s that a lost event may take (docs/explanation/delivery.md)."""
SPARE_MS = 2_000
"""Beyond its patience a source stays this process' own for so long."""


class Ticker:
    """See the module. board: what is read; history: what was; pushes: what is told without being asked."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._clock_ms = 0.0
        self.store = SteadyStore(_shared_store(self._opened), self._alone, self._back)
        self.board = Board(hub, self.store, self.now_ms)
        self._teller = Teller(self.store)
        self._unlisten: Callable[[], None] = lambda: None
        self._committer = Committer(hub, self.store, self.now_ms)
        self.history = History(hub, self.store, self.now_ms)
        self.pushes = Pushes(hub, self.store, self._committer)
        self._next: dict[str, float] = {}
        self._computing: dict[str, asyncio.Task[None]] = {}
        self._asked: dict[str, float] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._unlisten = sampler(self._hub).listen(self._teller.tell)
        self._hub.spawn(self._committer.begin_alerts())
        for keep in (self._keep_ticking, self._keep_comparing):
            self._tasks.append(self._hub.loop.create_task(keep(), name=f"chorus-dashboard-{keep.__name__}"))

    async def aclose(self) -> None:
        self._unlisten()
        computing = dict(self._computing)
        for task in [*self._tasks, *computing.values()]:
            task.cancel()
        await asyncio.gather(*self._tasks, *computing.values(), return_exceptions=True)
        try:
            async with asyncio.timeout(LAST_WORDS_S):
                for name in computing:
                    await self.store.release(name)
                await self._teller.aclose()
        except TimeoutError:
            pass  # what was ours is somebody's once its time is over
        finally:
            await self.store.aclose()

    def now_ms(self) -> int:
        """The store's clock, which all processes share."""
        return int(time.time() * 1000 + self._clock_ms)

    def asked(self, source: Source[Any]) -> None:
        """Somebody looks without being subscribed."""
        self._asked[source.name] = self._hub.loop.time()

    # --- due --------------------------------------------------------------------------------------

    async def _keep_ticking(self) -> None:
        while True:
            try:
                await self._tick()
            except Exception:
                logger.exception("Dashboards could not be looked at")
                await asyncio.sleep(RETRY_S)

    async def _tick(self) -> None:
        now = self._hub.loop.time()
        timed = [source for source in all_sources() if source.interval_s is not None]
        at = min([self._next.setdefault(source.name, now) for source in timed], default=now + RETRY_S)
        await asyncio.sleep(max(0.0, at - now))
        now = self._hub.loop.time()
        # A store that was lost meanwhile has had all times forgotten.
        due = [source for source in timed if self._next.get(source.name, now) <= now]
        rests = {source.name for source in due if not (source.always or self._is_watched(source))}
        for source in due:
            # In case the store does not say anything; and who begins to look at what rests is not to wait an interval.
            pause = source.interval_s or RETRY_S
            self._next[source.name] = now + (min(pause, RETRY_S) if source.name in rests else pause)
        wanted = [each for each in due if each.name not in self._computing and each.name not in rests]
        if wanted:
            await self._claim(wanted)

    async def _claim(self, sources: list[Source[Any]]) -> None:
        found = await self.store.claim([_claim_of(source) for source in sources])
        self._clock_ms = found.now_ms - time.time() * 1000
        now = self._hub.loop.time()
        for source in sources:
            claim = _claim_of(source)
            left_ms = claim.interval_ms - (found.now_ms - claim.phase_ms) % claim.interval_ms
            self._next[source.name] = now + left_ms / 1000 + random.random() * JITTER_S  # noqa: S311 - jitter
        for name in found.names:
            if (source_found := find_source(name)) is not None:
                self._computing[name] = self._hub.loop.create_task(self._compute(source_found))

    def _is_watched(self, source: Source[Any]) -> bool:
        asked_at = self._asked.get(source.name)
        recently = asked_at is not None and self._hub.loop.time() - asked_at < WATCHED_S
        return recently or self._has_readers(source)

    # --- computing --------------------------------------------------------------------------------

    async def _compute(self, source: Source[Any]) -> None:
        at_ms = self.now_ms()
        running = self._hub.loop.create_task(self._state_of(source, at_ms))
        try:
            if not await within(source.wait_s, running):
                await self._committer.stale(source, Stale(self.now_ms(), "slow"))
            await self._committer.state(source, await running, at_ms, release=True)
        except asyncio.CancelledError:
            running.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - logged there
            await self._failed(source, error)
        finally:
            self._computing.pop(source.name, None)

    async def _state_of(self, source: Source[Any], now_ms: int) -> msgspec.Struct:
        await self.history.begin(source, now_ms)
        return await compute(source)

    async def _failed(self, source: Source[Any], error: Exception) -> None:
        stale = Stale(self.now_ms(), "failed", type(error).__name__)
        if await self._committer.stale(source, stale, release=True) and not isinstance(error, RealtimeError):
            # Once, and not at every tick.
            logger.error("The dashboard source %r failed", source.name, exc_info=error)

    # --- what is kept -----------------------------------------------------------------------------

    async def _keep_comparing(self) -> None:
        while True:
            await asyncio.sleep(COMPARE_S)
            try:
                await self._compare()
            except Exception:
                logger.exception("Dashboards could not be compared with what is kept of them")

    async def _compare(self) -> None:
        """Have readers told what the broker lost, `/metrics` say what is kept, and the list of alerts be true."""
        wanted = [each for each in all_sources() if exported(each) or each.name == ALERTS or self._has_readers(each)]
        documents = await self.board.documents(wanted)
        for source in wanted:
            if (document := documents.get(source.name)) is None:
                continue
            export(source, document)
            if not self.store.alone:
                self._hub.healer.told(source.topic, document.version)
        await self._committer.mend_alerts(documents)

    def _has_readers(self, source: Source[Any]) -> bool:
        stream = self._hub.streams.get(source.topic)
        return stream is not None and stream.active

    # --- the store --------------------------------------------------------------------------------

    def _alone(self) -> None:
        self._next.clear()

    def _back(self) -> None:
        self._next.clear()
        self.history.begin_again()
        for source in all_sources():
            self._hub.spawn(self._committer.again(source))
            if source.name not in self._computing:
                # A claim that Redis took, and could not answer any more, would hold it up.
                self._hub.spawn(self.store.release(source.name))

    def _opened(self) -> None:
        """Redis may have been restarted within a moment, and empty: what nobody computes again was lost with it."""
        for source in all_sources():
            self._hub.spawn(self._committer.again(source, unless_kept=True))


def ticker(hub: Hub) -> Ticker:
    """The hub's ticker, started at the first use."""
    return hub.companion(Ticker)


def _claim_of(source: Source[Any]) -> Claim:
    interval_ms = round((source.interval_s or 0) * 1000)
    place = all_sources().index(source)
    return Claim(
        source.name, interval_ms, int(interval_ms * (place * GOLDEN % 1)), round(source.wait_s * 1000) + SPARE_MS
    )


def _shared_store(on_open: Callable[[], None]) -> RedisStore | None:
    """By the settings: Redis where there is one."""
    chosen = conf()
    return RedisStore(chosen.REDIS_URL, chosen.PREFIX, on_open) if chosen.REDIS_URL else None


def _pushed(hub: Hub, data: Mapping[str, Any]) -> None:
    if (push := push_of(data)) is not None:
        ticker(hub).pushes.take(push)


on_signal(PUSHED, _pushed)
