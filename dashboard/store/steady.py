"""The shared store, and this process' own while that is away: an operator looks at a dashboard most when Redis is down.

Alone, a process computes for its own readers what it knows by itself. It begins with the documents it last saw, so
that versions go on; when Redis is back, what Redis has (or, where it came back empty, what this process has) is told to
everybody anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from dashboard.store.memory import MemoryStore
from dashboard.store.store import Claim, Due, Kept, Row, Store, StoreAway, Told

__all__ = ["SteadyStore"]

logger = logging.getLogger(__name__)

LOOK_S = 1.0
T = TypeVar("T")


class SteadyStore:
    """A `Store` that is never away. shared: None where this process is the only one.

    on_alone, on_back: called on the loop when the shared store was lost, and when it is there again.
    """

    def __init__(
        self,
        shared: Store | None,
        on_alone: Callable[[], None] = lambda: None,
        on_back: Callable[[], None] = lambda: None,
    ) -> None:
        self._shared = shared
        self._on_alone = on_alone
        self._on_back = on_back
        self._own = MemoryStore()
        self._looking: asyncio.Task[None] | None = None
        self._last: dict[str, Kept] = {}
        self.alone = False

    async def claim(self, claims: Sequence[Claim]) -> Due:
        return await self._ask(lambda store: store.claim(claims))

    async def read(self, names: Sequence[str]) -> Mapping[str, Kept]:
        found = await self._ask(lambda store: store.read(names))
        self._last.update(found)
        return found

    async def commit(self, name: str, base: int | None, kept: Kept, row: Row | None, *, release: bool) -> bool:
        done = await self._ask(lambda store: store.commit(name, base, kept, row, release=release))
        if done:
            self._last[name] = kept
        if done and row is not None and self._shared is not None and not self.alone:
            # So that charts are not empty when this process has to be alone.
            self._own.append(name, row)
        return done

    async def release(self, name: str) -> None:
        await self._ask(lambda store: store.release(name))

    async def rows(self, name: str, layout: str, since_ms: int) -> Sequence[bytes]:
        return await self._ask(lambda store: store.rows(name, layout, since_ms))

    async def fill(self, name: str, rows: Sequence[Row]) -> None:
        await self._own.fill(name, rows)
        if self._shared is not None:
            await self._ask(lambda store: store.fill(name, rows))

    async def once(self, word: str) -> bool:
        return await self._ask(lambda store: store.once(word))

    async def say(self, process: str, body: bytes) -> None:
        await self._own.say(process, body)
        if self._shared is not None:
            await self._ask(lambda store: store.say(process, body))

    async def said(self) -> Sequence[Told]:
        return await self._ask(lambda store: store.said())

    async def unsay(self, process: str) -> None:
        if not self.alone:
            await self._ask(lambda store: store.unsay(process))

    async def aclose(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        if self._shared is not None:
            await self._shared.aclose()

    def kept(self, name: str) -> Kept | None:
        """The document as this process last saw it."""
        return self._last.get(name)

    async def _ask(self, asked: Callable[[Store], Awaitable[T]]) -> T:
        if self._shared is not None and not self.alone:
            try:
                return await asked(self._shared)
            except StoreAway as error:
                self._lost(error)
        return await asked(self._own)

    def _lost(self, error: StoreAway) -> None:
        if self.alone:
            return
        self.alone = True
        logger.warning("Dashboards show this process alone: %s", error)
        self._own.shelf.kept = dict(self._last)
        self._own.shelf.busy.clear()
        self._looking = asyncio.get_running_loop().create_task(self._look(), name="chorus-dashboard-look")
        self._on_alone()

    async def _look(self) -> None:
        """Until the shared store answers again; nobody else waits for it meanwhile."""
        assert self._shared is not None
        while self.alone:
            await asyncio.sleep(LOOK_S)
            with contextlib.suppress(StoreAway):
                await self._shared.claim(())
                self.alone = False
        logger.warning("Dashboards are shared again")
        self._on_back()
