"""Makes the next document of a source and tells what changed: one door for what was computed, pushed, or failed.

A document follows the one that is kept, whoever wrote that; if another process was quicker, it is made again.
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from dashboard.board import decoded
from dashboard.builtin.alerts import Alerts, AlertsSource, alerts_of, following_alerts
from dashboard.document import Document, Stale, encoded, publication
from dashboard.limits import judge
from dashboard.past import row_of
from dashboard.source import Source, all_sources, find_source
from dashboard.store import Kept, Row, SteadyStore
from realtime.hub import publish

if TYPE_CHECKING:
    from realtime.hub import Hub

__all__ = ["ALERTS", "Committer"]

logger = logging.getLogger(__name__)

TRIES = 10
PAUSE_S = 0.02
AHEAD_MS = 5_000
"""What was taken so much later than now was taken before a clock was set back, and is not waited for."""
ALONE_AHEAD_MS = 60_000
"""Versions of a process that is alone are so far ahead of its clock. Until it finds the store again, what others share
reaches its readers over the broker, and a change of theirs must not be laid over a state they never had."""
ALERTS = AlertsSource.name
"""The source that lists the alerts of all others (dashboard.builtin.alerts)."""

Next = Callable[["Document | None"], "Document | None"]
"""The next document after the one that is kept; None where there is nothing to say. Its version is set later."""


class Committer:
    """One per ticker. now_ms: the store's clock."""

    def __init__(self, hub: Hub, store: SteadyStore, now_ms: Callable[[], int]) -> None:
        self._hub = hub
        self._store = store
        self._now_ms = now_ms

    async def state(self, source: Source[Any], state: msgspec.Struct, at_ms: int, *, release: bool) -> bool:
        """The source has this state as of `at_ms`; False where a newer one is kept."""
        values = {field.name: _known(getattr(state, field.name)) for field in source.numbers}
        fields = encoded(state)

        def following(before: Document | None) -> Document | None:
            if before is not None and self._is_overtaken(at_ms, before):
                return None
            alerts, over = judge(source, values, {} if before is None else before.over, at_ms)
            return Document(0, at_ms, fields, None, alerts, over, self._store.alone)

        done = await self._commit(source, following, row_of(source, values, at_ms), release=release)
        if not done and release:
            await self._store.release(source.name)
        return done

    async def stale(self, source: Source[Any], stale: Stale, *, release: bool = False) -> bool:
        """The state could not be renewed; False where that is known already."""

        def following(before: Document | None) -> Document | None:
            if before is None:
                return Document(0, None, {}, stale, alone=self._store.alone)
            if before.stale is not None and (before.stale.reason, before.stale.detail) == (stale.reason, stale.detail):
                return None
            since = stale if before.stale is None else msgspec.structs.replace(stale, since=before.stale.since)
            return msgspec.structs.replace(before, stale=since)

        done = await self._commit(source, following, None, release=release)
        if not done and release:
            await self._store.release(source.name)
        return done

    async def again(self, source: Source[Any], *, unless_kept: bool = False) -> None:
        """The shared store is back: tell everybody what it has, or what we have where it came back empty.

        unless_kept: say nothing where it has what it had, or something newer.
        """
        ours = decoded(self._store.kept(source.name))

        def following(before: Document | None) -> Document | None:
            found = _better(source, before, ours)
            if found is None or (found is before and unless_kept and found.version >= self._told(source)):
                return None
            return msgspec.structs.replace(found, alone=False)

        await self._commit(source, following, None, release=False, whole=True)

    async def begin_alerts(self) -> None:
        """Have a list of alerts, an empty one, before there is any; and none of a dashboard that is no more."""
        if (listing := find_source(ALERTS)) is None:
            return

        def following(before: Document | None) -> Document | None:
            if before is None:
                return Document(0, self._now_ms(), encoded(Alerts()))
            return alerts_of(before, {source.name for source in all_sources()}, self._now_ms())

        await self._commit(listing, following, None, release=False)

    async def mend_alerts(self, documents: Mapping[str, Document]) -> None:
        """Have the list say what these documents do, which were read together with it.

        Whoever committed one of them may have died before it came to the list.
        """
        listing, listed = find_source(ALERTS), documents.get(ALERTS)
        if listing is None or listed is None:
            return

        def following(before: Document | None) -> Document | None:
            if before is None or before.version != listed.version:
                return None  # somebody is at it
            now = before
            for name, document in documents.items():
                source = find_source(name)
                if source is not None and source is not listing:
                    now = following_alerts(now, source, document, self._now_ms()) or now
            return None if now is before else now

        await self._commit(listing, following, None, release=False)

    async def _commit(
        self, source: Source[Any], following: Next, row: Row | None, *, release: bool, whole: bool = False
    ) -> bool:
        for _ in range(TRIES):
            kept = (await self._store.read([source.name])).get(source.name)
            before = decoded(kept)
            document = following(before)
            if document is None:
                return False
            base = None if kept is None else kept.version
            # Readers were told what the store has lost: a diff would not bring them where they have to be.
            is_behind = base is not None and base < self._told(source)
            document = msgspec.structs.replace(document, version=self._version(source, base))
            new = Kept(document.version, msgspec.json.encode(document))
            if await self._store.commit(source.name, base, new, row, release=release):
                self._tell(source, None if whole or is_behind else before, document)
                await self._compare_alerts(source, before, document)
                return True
            await asyncio.sleep(random.random() * PAUSE_S)  # noqa: S311 - so that they do not go on in step
        logger.warning("The dashboard %r could not be committed: others were quicker", source.name)
        return False

    def _version(self, source: Source[Any], base: int | None) -> int:
        """Above every version before, also where the store forgot them."""
        now_ms = self._now_ms() + (ALONE_AHEAD_MS if self._store.alone else 0)
        return max((base or 0) + 1, self._told(source) + 1, now_ms * 1000)

    def _told(self, source: Source[Any]) -> int:
        """The version that readers of this process have come to."""
        stream = self._hub.streams.get(source.topic)
        return 0 if stream is None or stream.position is None else stream.position

    def _is_overtaken(self, at_ms: int, kept: Document) -> bool:
        return at_ms <= (kept.at or 0) <= self._now_ms() + AHEAD_MS

    def _tell(self, source: Source[Any], before: Document | None, now: Document) -> None:
        published = publication(source, before, now, self._now_ms())
        if self._store.alone:
            # Readers elsewhere have another process' view, or the shared one.
            self._hub.accept((published,), forward=False)
        else:
            publish((published,))

    async def _compare_alerts(self, source: Source[Any], before: Document | None, now: Document) -> None:
        """Keep the list of all alerts true."""
        listing = find_source(ALERTS)
        was = () if before is None else before.alerts
        if listing is None or source is listing or was == now.alerts:
            return
        await self._commit(
            listing, lambda listed: following_alerts(listed, source, now, self._now_ms()), None, release=False
        )


def _known(value: float | None) -> float | None:
    """JSON has no word for what is no number or endless: it is told, judged and kept as not known."""
    return value if value is not None and math.isfinite(value) else None


def _better(source: Source[Any], kept: Document | None, ours: Document | None) -> Document | None:
    """Which of the two goes on. What is computed is so again soon; what was pushed while we were alone is not."""
    if kept is None or ours is None:
        return kept or ours
    return ours if source.interval_s is None and (ours.at or 0) > (kept.at or 0) else kept
