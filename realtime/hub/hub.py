"""The hub: fan-out inside one process. One per event loop, started on first use, closed by lifespan.

Owns the streams and the connections of its loop. What comes from a commit of this process or over the broker
passes `accept`, is put in order by the stream, gathered by the pace (pacing.py), and written once per socket. Knows
consumers only as "who is told"; knows no feature and no model.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from realtime.conf import conf
from realtime.hub.broker import Broker
from realtime.hub.connections import Connections
from realtime.hub.doors import PROCESS_STREAM, deliver_process_signal, register, unregister
from realtime.hub.healing import Healer
from realtime.hub.pacing import Flush, Pacer
from realtime.hub.stream import Member, Stream
from realtime.hub.types import Item, Publication, Signal, StreamKind
from realtime.hub.writers import Batch

if TYPE_CHECKING:
    from realtime.consumers.topic import TopicConsumer

__all__ = ["Companion", "Hub", "current_hub", "on_start", "position"]

logger = logging.getLogger(__name__)

LAG_LOOK_S = 0.05
"""How often a reader that lags behind a state is asked whether it has caught up."""
FINISH_S = 1.0
"""What a closing hub gives to what it started: consumers that say goodbye."""


class Companion(Protocol):
    """Something of a feature that lives as long as a hub (`Hub.companion`): a keeper of leases, a sampler."""

    def __init__(self, hub: Hub) -> None: ...

    def start(self) -> None:
        """Begin; on the hub's loop."""

    async def aclose(self) -> None:
        """End, within a second. The hub still publishes what this says."""


C = TypeVar("C", bound=Companion)


_starts: list[Callable[[Hub], object]] = []


def on_start(begin: Callable[[Hub], object]) -> None:
    """Call `begin(hub)` with each hub that starts, on its loop: for a feature that is there before anybody asks."""
    _starts.append(begin)


class Hub:
    """See the module. Every method runs on the loop it was made on."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.conf = conf()
        self.streams: dict[str, Stream] = {}
        self.connections = Connections(self)
        self.broker = Broker(self._from_broker, self._joined, self.conf.BROKER_DEADLINE_S)
        self.healer = Healer(self)
        self.pacer = Pacer(self.loop, self.conf.GATHER_S, self._begin)
        self._tasks: set[asyncio.Task[None]] = set()
        self._companions: dict[type[Any], Any] = {}
        self._lagging: dict[Member, Stream] = {}
        self._looking = False
        self.closed = False

    def start(self) -> None:
        self.broker.start()
        self.broker.want(PROCESS_STREAM)
        self.healer.start()
        self.connections.start()
        register(self)
        for begin in _starts:
            begin(self)

    async def aclose(self) -> None:
        """Stop the sweepers and the broker. Connections are closed by whoever drains them."""
        if self.closed:
            return
        self.closed = True
        await self.healer.aclose()
        await self.connections.aclose()
        await self._finish_tasks()
        await self._close_companions()
        unregister(self)
        await self.broker.aclose()

    def companion(self, kind: type[C]) -> C:
        """What a feature keeps for this loop: made and started at the first call; it ends with the hub."""
        found = self._companions.get(kind)
        if found is None:
            found = self._companions[kind] = kind(self)
            found.start()
        return cast("C", found)

    @property
    def lagging(self) -> int:
        """Readers of states that are passed by until they have caught up."""
        return len(self._lagging)

    # --- membership -------------------------------------------------------------------------------

    def join(self, name: str, kind: StreamKind, member: Member, *, main: bool = False) -> Stream:
        """Make `member` a joiner of the stream; call `settle` right after its reply is written.

        main: it is the first of the consumer's streams, so its class says what the stream is.
        """
        source = type(member.consumer)
        stream = self._stream(name, kind, source)
        if main and not stream.owned:
            stream.own(kind, source)
        stream.join(member)
        return stream

    def settle(self, stream: Stream, member: Member, seq: int | None, epoch: str | None) -> None:
        """The reply is written: let the live flow begin. Notices a stream that lags behind the reply.

        seq: None on a stream that is joined besides; it is taken as it comes.
        """
        if stream.kind is StreamKind.LOG and None not in (stream.epoch, epoch) and stream.epoch != epoch:
            self.healer.rotated(stream)
        stream.settle(member, seq, epoch)
        if stream.pending:
            self.pacer.schedule(stream)
        if stream.position is not None and (stream.held or stream.position < member.cut):
            self.healer.gap(stream)

    def leave(self, stream: Stream, member: Member) -> None:
        stream.leave(member, self.loop.time())
        self.caught_up(member)

    def listen(self, name: str, consumer: TopicConsumer) -> None:
        """Have `consumer` told the signals of a stream that is another topic's."""
        self._stream(name, StreamKind.EPHEMERAL, type(consumer)).listen(consumer)

    def unlisten(self, name: str, consumer: TopicConsumer) -> None:
        if (stream := self.streams.get(name)) is not None:
            stream.unlisten(consumer, self.loop.time())

    def caught_up(self, member: Member) -> bool:
        """Let `member` of a state stream have what is flushed again; False if it has left meanwhile."""
        stream = self._lagging.pop(member, None)
        if stream is None:
            return False
        stream.lagging -= 1
        return True

    def forget_idle(self, now: float) -> None:
        """Let go of streams nobody has listened to for the linger time."""
        for name, stream in list(self.streams.items()):
            if stream.idle_since is not None and now - stream.idle_since >= self.conf.LINGER_S:
                del self.streams[name]
                self.broker.unwant(name)

    # --- what comes in ----------------------------------------------------------------------------

    def accept(self, publications: Iterable[Publication], *, forward: bool) -> None:
        """Deliver to the local sockets; `forward` also hands them to the other processes, behind."""
        for publication in publications:
            try:
                self._deliver(publication)
            except Exception:
                logger.exception("A publication to %r could not be delivered", publication.stream)
            if forward:
                self.broker.publish(publication)

    def accept_items(self, stream: Stream, items: Sequence[Item]) -> None:
        """Take items of one stream, in whatever order they came; wait for a hole, then have it healed."""
        if stream.accept(items):
            self.healer.gap(stream)
        if stream.pending:
            self.pacer.schedule(stream)

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine of the hub's own; its errors are logged, it ends with the hub."""
        task = self.loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _stream(self, name: str, kind: StreamKind, source: type[TopicConsumer]) -> Stream:
        stream = self.streams.get(name)
        if stream is None:
            stream = self.streams[name] = Stream(name, kind, source, self.conf.RECENT_BYTES)
            self.broker.want(name)
        return stream

    def _deliver(self, publication: Publication) -> None:
        if publication.stream == PROCESS_STREAM:
            if publication.signal is not None:
                deliver_process_signal(self, publication.signal)
            return
        stream = self.streams.get(publication.stream)
        if stream is None:
            return
        if publication.items:
            self.accept_items(stream, publication.items)
            if stream.pending:
                stream.published.append(publication)
        if publication.signal is not None:
            self._signal(stream, publication.signal)

    def _signal(self, stream: Stream, signal: Signal) -> None:
        for consumer in stream.consumers():
            if consumer.listens:
                self._tell(consumer, signal)

    def _tell(self, consumer: TopicConsumer, signal: Signal) -> None:
        try:
            waits = consumer.signalled(signal.name, dict(signal.data))
        except Exception:
            logger.exception("%s failed on signal %r", type(consumer).__name__, signal.name)
            return
        if waits is not None:
            self.spawn(waits)

    def _from_broker(self, publication: Publication) -> None:
        self.accept((publication,), forward=False)

    def _joined(self, name: str) -> None:
        stream = self.streams.get(name)
        if stream is not None and stream.kind is not StreamKind.EPHEMERAL:
            self.healer.check_soon()

    # --- flush ------------------------------------------------------------------------------------

    def _begin(self, stream: Stream) -> Flush | None:
        taken = stream.take()
        published, stream.published = stream.published, []
        if not taken:
            return None
        audience = stream.audience()
        stream.give_joiners(taken)
        keeps_up = partial(self._keeps_up, stream) if stream.kind.newest_counts else None
        return Flush(stream, Batch.of(taken), audience, keeps_up, published)

    def _keeps_up(self, stream: Stream, member: Member) -> bool:
        """Whether a state may be written to `member`. One that lags gets the newest once it has caught up."""
        if member in self._lagging:
            return False
        if member.writer.unsent_bytes() <= self.conf.STATE_BUDGET_BYTES:
            return True
        self._lagging[member] = stream
        stream.lagging += 1
        self._look_soon()
        return False

    def _look_soon(self) -> None:
        if not self._looking and not self.closed:
            self._looking = True
            self.loop.call_later(LAG_LOOK_S, self._look_at_lagging)

    def _look_at_lagging(self) -> None:
        self._looking = False
        ready: dict[Stream, list[Member]] = {}
        for member, stream in self._lagging.items():
            if member.writer.unsent_bytes() <= self.conf.STATE_BUDGET_BYTES:
                ready.setdefault(stream, []).append(member)
        for stream, members in ready.items():
            self.healer.refresh_soon(stream, members)
        if self._lagging:
            self._look_soon()

    async def _close_companions(self) -> None:
        for companion in self._companions.values():
            try:
                async with asyncio.timeout(FINISH_S):
                    await companion.aclose()
            except Exception:
                logger.exception("%s could not be closed", type(companion).__name__)

    async def _finish_tasks(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=FINISH_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("A task of the hub failed", exc_info=error)


def current_hub() -> Hub:
    """The running loop's hub, started if this is its first use (Daphne has no lifespan)."""
    from realtime.hub.doors import hub_of

    hub = hub_of(asyncio.get_running_loop())
    if hub is None:
        hub = Hub()
        hub.start()
    return hub


def position(stream: str) -> tuple[str, int] | None:
    """(epoch, seq) up to which this loop's hub has a log without a hole; None where it does not follow it."""
    found = current_hub().streams.get(stream)
    if found is None or found.epoch is None or found.position is None:
        return None
    return found.epoch, found.position
