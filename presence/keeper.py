"""Presence of one event loop: connections come and go here, and the store is told in ticks.

What changed (table.py) is told one batch after the other, and what comes of it is published. The lease, the database
and the readers have parts of their own; nobody who comes or goes waits for any of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from math import inf
from typing import TYPE_CHECKING, Any

from presence.announce import SITE, people_seen, publication
from presence.chronicle import Chronicle
from presence.conf import conf
from presence.lease import Lease
from presence.roster import Choice, Chosen, Diff
from presence.rosters import Rosters
from presence.services import CHOICE_SIGNAL
from presence.store import LeaseLost, MemoryStore, RedisStore, Store, StoreAway
from presence.table import Batch, Table
from realtime.hub import on_signal, publish
from realtime.metrics import presence_is
from realtime.sampling import sampler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime.hub import Hub
    from realtime.identity import Identity
    from realtime.metrics import Sample

__all__ = ["Keeper", "keeper"]

logger = logging.getLogger(__name__)

RETRY_S = 0.5


class Keeper:
    """One per hub (`keeper()`). rosters: what is read of rooms."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._loop = hub.loop
        self._list_max = conf().PRESENCE_LIST_MAX
        self.store = _store(self._look)
        self.rosters = Rosters(hub, self.store, self._list_max)
        self.table = Table(conf().PRESENCE_GRACE_S, conf().PRESENCE_TICK_S, self.rosters.is_large)
        self._chronicle = Chronicle(hub, self.table, self.choose)
        self._lease = Lease(
            self.store,
            on_entered=self._entered,
            on_reaped=self._reaped,
            each_tick=self.rosters.compare,
            rooms=lambda: self.table.rooms,
        )
        self._work = asyncio.Event()
        self._asleep_until = 0.0
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        chronicle = self._chronicle
        if self._hub.conf.SAMPLES:
            sampler(self._hub).listen(self._count)
        for keep in (self._keep_telling, self._lease.keep, chronicle.keep_writing, chronicle.keep_looking):
            self._tasks.append(self._loop.create_task(keep(), name=f"chorus-presence-{keep.__name__}"))

    async def aclose(self) -> None:
        """Stop, and leave what this process had for its users' way to another one."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._lease.leave()
        await self._chronicle.close()
        await self.store.aclose()

    # --- coming and going -------------------------------------------------------------------------

    def join(self, room: str, device: str, identity: Identity, chosen: Chosen) -> None:
        """A connection is in the room, and so on the site."""
        for name in {room, SITE}:
            self.table.join(name, device, identity.id, identity.name, chosen, self._loop.time())
        self._changed()

    def leave(self, room: str, device: str, *, at_once: bool = False) -> None:
        """It is not any more."""
        for name in {room, SITE}:
            self.table.leave(name, device, self._loop.time(), at_once=at_once)
        self._changed()

    def away(self, device: str, away: bool) -> None:
        """Its user has not touched it for long, or does again."""
        self.table.away(device, away, self._loop.time())
        self._changed()

    def choose(self, user: int, chosen: Chosen) -> None:
        """A user chose how they are shown."""
        self.table.choose(user, chosen, self._loop.time())
        self._changed()

    def hurry(self, user: int) -> None:
        """The user's access changed; what ends now has no grace."""
        self.table.hurry(user, self._loop.time())

    def _changed(self) -> None:
        """Have the sleeper look again, if there is something before it would."""
        if (at := self.table.next_at()) is not None and at < self._asleep_until:
            self._work.set()

    # --- telling the store ------------------------------------------------------------------------

    async def _keep_telling(self) -> None:
        while True:
            await self._lease.held.wait()
            at = self.table.next_at()
            self._asleep_until = inf if at is None else at
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(at):
                    await self._work.wait()
            self._work.clear()
            # What woke us may only have brought the time nearer; then nothing is taken yet.
            try:
                batch = self.table.take(self._loop.time())
                if batch.changes:
                    await self._tell(batch)
            except Exception:
                logger.exception("Presence could not be told")
                await asyncio.sleep(RETRY_S)

    async def _tell(self, batch: Batch) -> None:
        try:
            async with self._lease.speaking:
                diffs = await self.store.apply(batch.changes, batch.done_with)
                self.table.confirm(batch)
        except Exception as error:
            self.table.failed(batch, self._loop.time() + RETRY_S)
            if isinstance(error, LeaseLost | StoreAway):
                self._lease.failed(error)
            else:
                logger.exception("Presence could not be told to the store")
            return
        # By what was said and not by what came of it: that may have come of an attempt whose answer was lost.
        self._chronicle.seen([change.user for change in batch.changes.get(SITE, ()) if change.status is None])
        self._announce(diffs)

    def _reaped(self, diffs: Sequence[Diff], seen_at: datetime) -> None:
        self._chronicle.seen(people_seen(diffs), seen_at)
        self._announce(diffs)

    def _announce(self, diffs: Sequence[Diff]) -> None:
        if not diffs:
            return
        self.rosters.note({diff.room: diff.count for diff in diffs})
        published = [publication(diff, self._list_max) for diff in diffs]
        publish([each for each in published if each is not None])
        if None in published:
            self._look()  # readers of a room that is listed again are shown the whole
        self._chronicle.told(diffs)

    def _entered(self) -> None:
        self.table.forgotten(self._loop.time())
        self._work.set()

    def _count(self, _: Sample) -> None:
        users = self.rosters.count(SITE)
        presence_is(len(self.table.users) if users is None else users, self.table.devices)

    def _look(self) -> None:
        self._lease.look()


def keeper(hub: Hub) -> Keeper:
    """The hub's keeper, started at the first use."""
    return hub.companion(Keeper)


def _store(on_open: Callable[[], None]) -> Store:
    """By the settings: in Redis where there is one."""
    chosen = conf()
    return RedisStore(chosen.REDIS_URL, chosen.PREFIX, on_open) if chosen.REDIS_URL else MemoryStore()


def _chosen(hub: Hub, data: Mapping[str, Any]) -> None:
    if data["choice"] in set(Choice):
        keeper(hub).choose(data["user"], Chosen(Choice(data["choice"]), data["at"]))


def _access_changed(hub: Hub, data: Mapping[str, Any]) -> None:
    keeper(hub).hurry(data["user"])


on_signal(CHOICE_SIGNAL, _chosen)
on_signal("access_changed", _access_changed)
