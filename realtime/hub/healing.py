"""How loss heals: holes are filled from the database, and so is everything a lost publication hid.

Two ways in. A *hole* (an item that does not follow) is waited for briefly, then filled by one query. And
every process compares, in one query per kind of topic, the top of each log it serves with its own position:
what is still behind after a moment is read from the log. That covers a broker that lost, a broker that is
away, and a publisher that died between commit and publish.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from realtime.hub.stream import Member, Stream
from realtime.hub.types import StreamKind, Top
from realtime.hub.writers import Batch
from realtime.metrics import tally
from realtime.protocol.codes import CloseCode
from realtime.protocol.errors import NotFound, RealtimeError, Unavailable
from realtime.topics import registry

if TYPE_CHECKING:
    from realtime.consumers.topic import TopicConsumer
    from realtime.hub.hub import Hub

__all__ = ["Healer", "on_check"]

logger = logging.getLogger(__name__)

BEHIND_FOR_S = 0.2
"""How long a log may be ahead of us before we read it: a publication is normally on its way by then."""
SLICE_CHANGES = 500
RETRY_S = 0.5
GATHER_S = 0.1
"""How long a check that was asked for waits for more of the kind: a thousand groups are joined one by one."""

_checks: list[Callable[[Hub], Awaitable[None]]] = []


def on_check(check: Callable[[Hub], Awaitable[None]]) -> None:
    """Have `check(hub)` awaited at every check of the tops (≤ 2 s apart), in every process."""
    if check not in _checks:
        _checks.append(check)


class Healer:
    """One per hub. `healed` counts the items that came from the database instead of the wire."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._healing: set[Stream] = set()
        self._refreshing: set[Stream] = set()
        self._waiting: set[Stream] = set()
        self._soon = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.healed = 0

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._check_forever(), name="chorus-healer")

    async def aclose(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def gap(self, stream: Stream) -> None:
        """There is a hole in `stream`: give its publication a moment, then read the log."""
        if stream not in self._waiting and stream not in self._healing:
            self._waiting.add(stream)
            self._hub.loop.call_later(self._hub.conf.GAP_WAIT_S, self._gap_waited, stream)

    def check_soon(self) -> None:
        """A group was just joined; what was published before that is known to the log alone."""
        self._soon.set()

    def told(self, name: str, top: int) -> None:
        """Somebody who knows says how far a stream has come: a feature whose versions are in no database."""
        stream = self._hub.streams.get(name)
        if stream is not None and stream.active:
            self._compare(stream, Top(top))

    def rotated(self, stream: Stream) -> None:
        """The log was replaced (another epoch). Its readers come back and start from a fresh snapshot."""
        logger.warning("The log of %r was replaced; its readers are sent back for a snapshot", stream.name)
        stream.restart()
        for member in stream.everyone():
            if member.buffer is None:  # its reply named the old log; another's snapshot is still to come
                member.writer.close(CloseCode.TRY_LATER, '{"retry_after_s": 0}')

    def refresh_soon(self, stream: Stream, members: list[Member]) -> None:
        """Send readers that had lagged the newest state of a state stream, one read at a time."""
        if stream not in self._refreshing and not self._hub.closed:
            self._refreshing.add(stream)
            self._hub.spawn(self._refresh(stream, members))

    # --- lagging readers --------------------------------------------------------------------------

    async def _refresh(self, stream: Stream, members: list[Member]) -> None:
        try:
            changes = await stream.source.changes(stream.name, -1, SLICE_CHANGES)
        except RealtimeError:
            return  # database away: they still count as lagging and are looked at again
        finally:
            self._refreshing.discard(stream)
        newest = changes.items[-1:]
        # What is flushed passes a lagging reader by. So it lags on if something newer came while this was read.
        is_newest = all(item.seq is None or item.seq >= (stream.position or 0) for item in newest)
        batch = Batch.of(newest)
        for member in members:
            if member in stream.members and (self._hub.caught_up(member) if is_newest else True):
                member.writer.write_batch(batch)
                tally.delivered(len(newest), 1, batch.size)

    # --- holes ------------------------------------------------------------------------------------

    def _gap_waited(self, stream: Stream) -> None:
        self._waiting.discard(stream)
        behind = any(member.cut > (stream.position or 0) for member in stream.joiners)
        if stream.held or behind:
            self._heal(stream)

    def _heal(self, stream: Stream) -> None:
        if stream not in self._healing and stream.active and not self._hub.closed:
            self._healing.add(stream)
            self._hub.spawn(self._fill(stream))

    async def _fill(self, stream: Stream) -> None:
        healed = False
        try:
            while stream.position is not None and stream.active:
                position, epoch = stream.position, stream.epoch
                changes = await stream.source.changes(stream.name, position, SLICE_CHANGES)
                if stream.epoch != epoch or stream.position is None:
                    return  # the log was replaced while it was read
                if stream.kind is StreamKind.LOG and epoch is not None and changes.epoch != epoch:
                    self.rotated(stream)
                    return
                self.healed += len(changes.items)
                tally.healed += len(changes.items)
                self._hub.accept_items(stream, changes.items)
                healed = healed or stream.position > position
                if not changes.more or stream.position == position:
                    break
        except RealtimeError:
            # Database away: the check comes back to it.
            self._hub.loop.call_later(RETRY_S, self.check_soon)
        finally:
            self._healing.discard(stream)
        if healed and stream.held:
            self.gap(stream)  # another hole opened meanwhile; one that no row fills is left to the check

    # --- the check of the tops --------------------------------------------------------------------

    async def _check_forever(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._soon.wait(), self._hub.conf.CHECK_EVERY_S)
                await asyncio.sleep(GATHER_S)
            self._soon.clear()
            self._hub.forget_idle(self._hub.loop.time())
            for check in (_check_tops, *_checks):
                try:
                    await check(self._hub)
                except RealtimeError as error:
                    logger.info("A check was put off: %s", error)
                except Exception:
                    logger.exception("A check of the hub failed")

    async def check_tops(self) -> None:
        """Compare every active log with its top; one query per kind of topic."""
        sources: dict[type[TopicConsumer], list[str]] = {}
        for stream in self._hub.streams.values():
            if stream.active and stream.position is not None and stream.kind is not StreamKind.EPHEMERAL:
                sources.setdefault(stream.source, []).append(stream.name)
            elif not stream.active and stream.listeners and (source := _source_of(stream.name)) is not None:
                # Nobody here is written to; but looking at the tops is also how a source finds rights that changed.
                sources.setdefault(source, []).append(stream.name)
        for source, names in sources.items():
            try:
                tops = await source.tops(names)
            except Unavailable:
                raise  # the database is away, and so for all of them
            except Exception:
                logger.exception("%s.tops failed", source.__name__)
                continue
            for name, top in tops.items():
                if (found := self._hub.streams.get(name)) is not None:
                    self._compare(found, top)

    def _compare(self, stream: Stream, top: Top) -> None:
        if stream.position is None:
            return
        if stream.kind is StreamKind.LOG and stream.epoch is not None and top.epoch != stream.epoch:
            self.rotated(stream)
        elif top.seq > stream.position:
            self._hub.loop.call_later(BEHIND_FOR_S, self._still_behind, stream, top.seq)

    def _still_behind(self, stream: Stream, top: int) -> None:
        if stream.position is not None and stream.position < top:
            self._heal(stream)


def _source_of(name: str) -> type[TopicConsumer] | None:
    try:
        return registry().resolve(name)[0]
    except NotFound:
        return None


async def _check_tops(hub: Hub) -> None:
    await hub.healer.check_tops()
