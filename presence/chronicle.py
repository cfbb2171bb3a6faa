"""What presence writes down and reads of the database, beside everything else: last-seen times and choices, and the
signals that other code hears. Slow or away, it holds up nobody who comes or goes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from presence import services, signals
from presence.announce import SITE
from presence.roster import Chosen, Diff
from presence.selectors import choices_since
from presence.table import Table
from realtime.executors import run_beside, run_read
from realtime.protocol.errors import RealtimeError

if TYPE_CHECKING:
    from realtime.hub import Hub

__all__ = ["Chronicle"]

logger = logging.getLogger(__name__)

TICK_S = 1.5
"""Between two looks for choices that no word was heard of."""
WORK_MAX = 1_000
SEEN_EVERY_S = 300.0
"""So much at most a last-seen time may lie behind, where a process was killed that nobody reaps."""
LONGEST_COMMIT = timedelta(seconds=30)
"""A choice is stamped when its transaction begins and seen when it commits; clocks differ, too."""


class Chronicle:
    """choose: called for each choice that is found."""

    def __init__(self, hub: Hub, table: Table, choose: Callable[[int, Chosen], None]) -> None:
        self._hub = hub
        self._table = table
        self._choose = choose
        self._choices_at = datetime.now(UTC)
        self._seen_at = hub.loop.time()
        # One after the other, in a thread that nobody else waits for: receivers hear things in their order.
        self._work: asyncio.Queue[Callable[[], object]] = asyncio.Queue(WORK_MAX)

    def told(self, diffs: Sequence[Diff]) -> None:
        """Tell the receivers of signals."""
        if signals.heard():
            self._put(partial(signals.send, diffs))

    def seen(self, users: Sequence[int], at: datetime | None = None) -> None:
        """These users were last seen then; or now."""
        if users:
            self._put(partial(services.last_seen_record, users, at or datetime.now(UTC)))

    async def keep_writing(self) -> None:
        """Until cancelled."""
        while True:
            await _settled(run_beside(await self._work.get()))

    async def keep_looking(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(TICK_S)
            await _settled(self._look())

    async def close(self) -> None:
        """Write what waits, and that who is here now was here now, whatever becomes of them."""
        self.seen(self._table.seen(SITE))
        while not self._work.empty():
            await _settled(run_beside(self._work.get_nowait()))

    async def _look(self) -> None:
        since, self._choices_at = self._choices_at, datetime.now(UTC)
        if not self._table.users:
            return
        try:
            found = await run_read(choices_since, since - LONGEST_COMMIT)
        except BaseException:
            self._choices_at = since  # the next look asks for all of it
            raise
        for user, chosen in found.items():
            self._choose(user, chosen)
        now = self._hub.loop.time()
        if now - self._seen_at >= SEEN_EVERY_S:
            self._seen_at = now
            self.seen(self._table.seen(SITE))

    def _put(self, work: Callable[[], object]) -> None:
        try:
            self._work.put_nowait(work)
        except asyncio.QueueFull:
            logger.warning("Too much waits to be written down of presence; one piece is lost")


async def _settled(work: Awaitable[object]) -> None:
    try:
        await work
    except RealtimeError as error:
        logger.warning("What presence had to read or write has to wait: %s", error)
    except Exception:
        logger.exception("What presence had to read or write, or somebody's code that heard of it, failed")
