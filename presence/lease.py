"""Keeps this process' lease: enters, renews, reaps the dead, and enters anew where the lease was lost.

Never waits for the database: a lease that ran out because PostgreSQL stood still would have everybody told gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from presence.roster import Diff
from presence.store import LEASE_S, RENEW_EVERY_S, LeaseLost, Store, StoreAway

__all__ = ["Lease"]

logger = logging.getLogger(__name__)

TICK_S = 1.5
"""Between two looks for dead processes and lost diffs."""
RETRY_S = 0.5
TOUCH_EVERY_S = 1_200.0


class Lease:
    """on_entered: called with each new lease, before anything is said to it. on_reaped: what a dead process' end came
    to, and when its users were last seen. each_tick: awaited at every look. rooms: those that something is said of.

    `held`: set while there is a lease. `speaking`: held by who says something, so that what was said to one lease is
    not taken for said to the next.
    """

    def __init__(
        self,
        store: Store,
        *,
        on_entered: Callable[[], None],
        on_reaped: Callable[[Sequence[Diff], datetime], None],
        each_tick: Callable[[], Awaitable[None]],
        rooms: Callable[[], Iterable[str]],
    ) -> None:
        self._store = store
        self._on_entered = on_entered
        self._on_reaped = on_reaped
        self._each_tick = each_tick
        self._rooms = rooms
        self._look = asyncio.Event()
        self._is_away = False
        self._renewed_at = self._touched_at = 0.0
        self.held = asyncio.Event()
        self.speaking = asyncio.Lock()

    def look(self) -> None:
        """Look now: there may be another Redis behind the address, or something to be healed."""
        self._look.set()

    def failed(self, error: LeaseLost | StoreAway) -> None:
        """Something that was said to the store did not reach it."""
        if isinstance(error, LeaseLost):
            self.held.clear()
            self.look()
        if not self._is_away:
            self._is_away = True
            logger.warning("Presence stands still: %s %s", type(error).__name__, error)

    async def keep(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._tick(asyncio.get_running_loop().time())
            except LeaseLost as error:
                self.failed(error)
                continue
            except StoreAway as error:
                self.failed(error)
            except Exception:
                logger.exception("The lease of this process could not be looked at")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK_S if self.held.is_set() else RETRY_S):
                    await self._look.wait()

    async def leave(self) -> None:
        """An orderly end: who was here is on their way to another process."""
        if self.held.is_set():
            with contextlib.suppress(StoreAway):
                await self._store.leave()

    async def _tick(self, now: float) -> None:
        asked = self._look.is_set()
        self._look.clear()
        if not self.held.is_set():
            await self._enter(now)
        renew = asked or now - self._renewed_at >= RENEW_EVERY_S
        dead = await self._store.tick(renew=renew)
        if renew:
            self._renewed_at = now
        for each in dead:
            # The last word of theirs was a renewal, one lease before it ran out.
            seen_at = datetime.now(UTC) - timedelta(seconds=each.ago_s + LEASE_S)
            self._on_reaped(await self._store.reap(each.lease), seen_at)
        await self._each_tick()
        if now - self._touched_at >= TOUCH_EVERY_S:
            await self._store.touch(list(self._rooms()))
            self._touched_at = now
        if self._is_away:
            self._is_away = False
            logger.warning("Presence goes on")

    async def _enter(self, now: float) -> None:
        async with self.speaking:
            await self._store.enter()
            self._on_entered()
        self._renewed_at = self._touched_at = now
        self.held.set()
