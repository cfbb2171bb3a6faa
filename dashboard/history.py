"""The past of sources on its way from the store to charts, and what a source knows of it on its way to the store.

past.py says what it looks like.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dashboard.computing import apart
from dashboard.past import Past, from_ms, layout_of, past_of, rows_of
from dashboard.source import Source
from dashboard.store import Store
from dashboard.store.store import ROWS_KEPT_MS
from realtime.protocol.errors import RealtimeError

if TYPE_CHECKING:
    from realtime.hub import Hub

__all__ = ["History"]

logger = logging.getLogger(__name__)

HOLD_MS = 1_000


class History:
    """One per ticker. now_ms: the store's clock."""

    def __init__(self, hub: Hub, store: Store, now_ms: Callable[[], int]) -> None:
        self._hub = hub
        self._store = store
        self._now_ms = now_ms
        self._begun: set[str] = set()
        self._read: dict[tuple[str, int], tuple[int, asyncio.Task[Past]]] = {}

    async def past(self, source: Source[Any], minutes: int) -> Past:
        """The numbers of the last `minutes`; read once a second for all who ask."""
        now = self._now_ms()
        key = source.name, minutes
        kept = self._read.get(key)
        if kept is None or kept[0] != now // HOLD_MS:
            kept = now // HOLD_MS, self._hub.loop.create_task(self._past(source, minutes, now))
            self._read[key] = kept
        return await asyncio.shield(kept[1])

    async def begin(self, source: Source[Any], now_ms: int) -> None:
        """Have charts begin with what the source knows of the past, where nothing is kept of it."""
        if source.name in self._begun or type(source).past is Source.past:
            return
        self._begun.add(source.name)
        since_ms = now_ms - ROWS_KEPT_MS
        try:
            if not await self._store.rows(source.name, layout_of(source), since_ms):
                known = await apart(source, lambda: list(source.past(from_ms(since_ms))))
                await self._store.fill(source.name, rows_of(source, known))
        except RealtimeError:
            self._begun.discard(source.name)  # the database is away, and what is computed will fail by it as well
        except Exception:
            logger.exception("The past of the dashboard source %r could not be read", source.name)

    def begin_again(self) -> None:
        """The store may have lost everything."""
        self._begun.clear()

    async def _past(self, source: Source[Any], minutes: int, now: int) -> Past:
        # What is told may have been told long before, and still holds.
        since_ms = 0 if source.interval_s is None else now - minutes * 60_000
        rows = await self._store.rows(source.name, layout_of(source), since_ms)
        return await asyncio.to_thread(past_of, source, rows, minutes, now)
