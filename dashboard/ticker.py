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
from dashboard.committer import Committer
from dashboard.computing import checked, compute, within
from dashboard.conf import conf
from dashboard.document import Stale
from dashboard.exporting import export, exported
from dashboard.past import Past, from_ms, layout_of, past_of, rows_of
from dashboard.samples import Teller
from dashboard.source import Source, all_sources, find_source
from dashboard.store import Claim, RedisStore, SteadyStore
from dashboard.store.store import ROWS_KEPT_MS
from realtime.executors import run_apart
from realtime.hub import on_signal
from realtime.protocol.errors import RealtimeError
from realtime.sampling import sampler

if TYPE_CHECKING:
    from realtime.hub import Hub

__all__ = ["PUSHED", "Ticker", "ticker"]

logger = logging.getLogger(__name__)

PUSHED = "dashboard.pushed"
GOLDEN = 0.618034
"""Spreads phases evenly over an interval, however many sources there are."""
WATCHED_S = 15.0
"""How long somebody who asked over HTTP counts as looking."""
JITTER_S = 0.01
RETRY_S = 1.0
PAST_HOLD_MS = 1_000
COMPARE_S = 1.5
"""Within the 2 s that a lost event may take (docs/explanation/delivery.md)."""
SPARE_MS = 2_000
"""Beyond its patience a source stays this process' own for so long."""


class Ticker:
    """See the module. board: what is read."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._clock_ms = 0.0
        self.store = SteadyStore(_shared_store(), self._alone, self._back)
        self.board = Board(hub, self.store, self.now_ms)
        self._teller = Teller(self.store)
        self._unlisten: Callable[[], None] = lambda: None
        self._committer = Committer(hub, self.store, self.now_ms)
        self._next: dict[str, float] = {}
        self._computing: dict[str, asyncio.Task[None]] = {}
        self._asked: dict[str, float] = {}
        self._begun: set[str] = set()
        self._pasts: dict[tuple[str, int], tuple[int, asyncio.Task[Past]]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._unlisten = sampler(self._hub).listen(self._teller.tell)
        self._hub.spawn(self._committer.begin_alerts())
        for keep in (self._keep_ticking, self._keep_comparing):
            self._tasks.append(self._hub.loop.create_task(keep(), name=f"chorus-dashboard-{keep.__name__}"))

    async def aclose(self) -> None:
        self._unlisten()
        for task in [*self._tasks, *self._computing.values()]:
            task.cancel()
        await asyncio.gather(*self._tasks, *self._computing.values(), return_exceptions=True)
        await self._teller.aclose()
        await self.store.aclose()

    def now_ms(self) -> int:
        """The store's clock, which all processes share."""
        return int(time.time() * 1000 + self._clock_ms)

    def asked(self, source: Source[Any]) -> None:
        """Somebody looks without being subscribed."""
        self._asked[source.name] = self._hub.loop.time()

    async def past(self, source: Source[Any], minutes: int) -> Past:
        """The numbers of the last `minutes`; read once a second for all who ask."""
        now = self.now_ms()
        key = source.name, minutes
        kept = self._pasts.get(key)
        if kept is None or kept[0] != now // PAST_HOLD_MS:
            kept = now // PAST_HOLD_MS, self._hub.loop.create_task(self._read_past(source, minutes, now))
            self._pasts[key] = kept
        return await asyncio.shield(kept[1])

    async def _read_past(self, source: Source[Any], minutes: int, now: int) -> Past:
        rows = await self.store.rows(source.name, layout_of(source), now - minutes * 60_000)
        return await asyncio.to_thread(past_of, source, rows, minutes, now)

    def push(self, source: Source[Any], state: msgspec.Struct, at_ms: int, word: str) -> None:
        """A state came by `publish_state`; the first process to take it commits it."""
        self._hub.spawn(self._take_push(source, state, at_ms, word))

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
        due = [source for source in timed if self._next[source.name] <= now]
        for source in due:
            # In case the store does not say anything.
            self._next[source.name] = now + (source.interval_s or RETRY_S)
        wanted = [each for each in due if each.name not in self._computing and (each.always or self._is_watched(each))]
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
        await self._begin(source, at_ms)
        running = self._hub.loop.create_task(compute(source))
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

    async def _begin(self, source: Source[Any], now_ms: int) -> None:
        """Have charts begin with what the source knows of the past, where nothing is kept of it."""
        if source.name in self._begun or type(source).past is Source.past:
            return
        self._begun.add(source.name)
        since_ms = now_ms - ROWS_KEPT_MS
        try:
            if not await self.store.rows(source.name, layout_of(source), since_ms):
                known = await run_apart(f"source-{source.name}", lambda: list(source.past(from_ms(since_ms))))
                await self.store.fill(source.name, rows_of(source, known))
        except Exception:
            logger.exception("The past of the dashboard source %r could not be read", source.name)

    async def _failed(self, source: Source[Any], error: Exception) -> None:
        stale = Stale(self.now_ms(), "failed", type(error).__name__)
        if await self._committer.stale(source, stale, release=True) and not isinstance(error, RealtimeError):
            # Once, and not at every tick.
            logger.error("The dashboard source %r failed", source.name, exc_info=error)

    async def _take_push(self, source: Source[Any], state: msgspec.Struct, at_ms: int, word: str) -> None:
        if await self.store.once(word):
            await self._committer.state(source, state, at_ms, release=False)

    # --- what is kept -----------------------------------------------------------------------------

    async def _keep_comparing(self) -> None:
        while True:
            await asyncio.sleep(COMPARE_S)
            try:
                await self._compare()
            except Exception:
                logger.exception("Dashboards could not be compared with what is kept of them")

    async def _compare(self) -> None:
        """Have readers told what the broker lost, and `/metrics` say what is kept."""
        wanted = [source for source in all_sources() if exported(source) or self._has_readers(source)]
        for name, document in (await self.board.documents(wanted)).items():
            source = find_source(name)
            assert source is not None  # as it was asked for
            export(source, document)
            if not self.store.alone:
                self._hub.healer.told(source.topic, document.version)

    def _has_readers(self, source: Source[Any]) -> bool:
        stream = self._hub.streams.get(source.topic)
        return stream is not None and stream.active

    # --- the store --------------------------------------------------------------------------------

    def _alone(self) -> None:
        self._next.clear()

    def _back(self) -> None:
        self._next.clear()
        for source in all_sources():
            self._hub.spawn(self._committer.again(source))


def ticker(hub: Hub) -> Ticker:
    """The hub's ticker, started at the first use."""
    return hub.companion(Ticker)


def _claim_of(source: Source[Any]) -> Claim:
    interval_ms = round((source.interval_s or 0) * 1000)
    place = all_sources().index(source)
    return Claim(
        source.name, interval_ms, int(interval_ms * (place * GOLDEN % 1)), round(source.wait_s * 1000) + SPARE_MS
    )


def _shared_store() -> RedisStore | None:
    """By the settings: Redis where there is one."""
    chosen = conf()
    return RedisStore(chosen.REDIS_URL, chosen.PREFIX) if chosen.REDIS_URL else None


def _pushed(hub: Hub, data: Mapping[str, Any]) -> None:
    source = find_source(data["name"])
    if source is None:
        return  # another version of the product registered it
    try:
        state = checked(source, msgspec.json.decode(data["state"], type=source.state))
    except msgspec.ValidationError:
        logger.warning("A state was pushed to %r that it does not have", source.name)
        return
    ticker(hub).push(source, state, data["at_ms"], data["word"])


on_signal(PUSHED, _pushed)
