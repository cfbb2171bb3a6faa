"""One topic on one connection: its requests in order, its subscription, its places in the hub's streams.

Requests to one topic are answered in the order they came; a slow one holds up nobody but its own topic. A
handler that returns a future (a post waiting for its commit) holds up nothing at all. The task that works
the queue lives only while there is something to wait for.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import deque
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from realtime import tracing
from realtime.consumers.handlers import Handler
from realtime.consumers.rates import take_subscribe
from realtime.consumers.topic import TopicConsumer, as_snapshot
from realtime.hub.forms import packed_bodies
from realtime.hub.stream import Member, Stream
from realtime.hub.types import Changes, Snapshot, StreamKind
from realtime.metrics import tally
from realtime.protocol.codes import UnsubscribeCode
from realtime.protocol.encodings import MSGPACK
from realtime.protocol.errors import Internal, Invalid, NotFound, NotSubscribed, RateLimited, RealtimeError, Unavailable
from realtime.protocol.frames import Event, Reply, Send, Since, Subscribe, Unsubscribe, Unsubscribed
from realtime.protocol.limits import LimitName
from realtime.protocol.refusal import quote
from realtime.topics import registry

if TYPE_CHECKING:
    from realtime.consumers.connection import Connection

__all__ = ["Subscription"]

logger = logging.getLogger(__name__)

Request = Subscribe | Unsubscribe | Send


class Subscription:
    """See the module. Exists from the first request to its topic; `consumer` is set while subscribed."""

    __slots__ = ("_connection", "_early", "_heard", "_members", "_queue", "_replied", "_task", "consumer", "topic")

    def __init__(self, connection: Connection, topic: str) -> None:
        self._connection = connection
        self.topic = topic
        self.consumer: TopicConsumer | None = None
        self._members: dict[str, tuple[Stream, Member]] = {}
        self._heard: Sequence[str] = ()
        self._replied = False
        self._early: list[bytes] = []
        self._queue: deque[Request] | None = None  # there while requests wait: empty, it is 760 bytes
        self._task: asyncio.Task[None] | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing is subscribed and nothing waits."""
        return self.consumer is None and self._task is None and not self._queue

    @property
    def connection(self) -> str:
        """The id of the connection."""
        return self._connection.id

    def put(self, frame: Request) -> None:
        """Answer a request now, or once those before it are answered."""
        if self._task is None and isinstance(frame, Send) and self._answer_at_once(frame):
            self._connection.forget(self)
            return
        if self._queue is None:
            self._queue = deque()
        if len(self._queue) >= self._connection.hub.conf.REQUESTS_WAITING:
            self._refuse(frame, _too_many_wait())
            return
        self._queue.append(frame)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work())

    def end(self) -> None:
        """The connection is gone: forget everything, tell the consumer."""
        self._queue = None
        if self._task is not None:
            self._task.cancel()
        self._leave_all()

    # --- what a consumer asks for -----------------------------------------------------------------

    def write(self, frame: Event) -> None:
        """Write an event of the consumer's own: behind the reply, if that is not written yet."""
        encoded = self._connection.encoding.encode(frame)
        if self._replied:
            self._connection.writer.write(encoded)
        else:
            self._early.append(encoded)

    def kick(self, code: UnsubscribeCode, message: str) -> None:
        if self.consumer is not None:
            self._leave_all()
            told = Unsubscribed(self.topic, code.value, message)
            self._connection.writer.write(self._connection.encoding.encode(told))
            self._connection.forget(self)

    def join(self, stream: str) -> None:
        if self.consumer is None or stream in self._members:
            return
        joined, member = self._enter(stream, self.consumer)
        if self._replied:  # otherwise it is settled with the others, behind the reply
            self._connection.hub.settle(joined, member, None, None)

    def leave(self, stream: str) -> None:
        if (place := self._members.pop(stream, None)) is not None:
            self._leave(*place)

    # --- requests in order ------------------------------------------------------------------------

    async def _work(self) -> None:
        try:
            while self._queue:
                await self._answer(self._queue.popleft())
        finally:
            self._task = self._queue = None
            self._connection.forget(self)

    async def _answer(self, frame: Request) -> None:
        try:
            if isinstance(frame, Subscribe):
                await self._subscribe(frame)
            elif isinstance(frame, Unsubscribe):
                self._unsubscribe(frame)
            elif not self._answer_at_once(frame):
                await self._handle(frame)
        except Exception as error:  # noqa: BLE001 - told to the peer, logged where it is ours
            self._refuse(frame, error)

    def _answer_at_once(self, frame: Send) -> bool:
        """Answer a `send` without waiting; False if its handler has to be awaited."""
        try:
            consumer, handler = self._find(frame)
            if handler.is_async:
                return False
            self._settle(frame, handler, self._call(consumer, handler, frame))
        except Exception as error:  # noqa: BLE001 - as in `_answer`
            self._refuse(frame, error)
        return True

    async def _handle(self, frame: Send) -> None:
        consumer, handler = self._find(frame)
        self._settle(frame, handler, await self._call(consumer, handler, frame))

    def _find(self, frame: Send) -> tuple[TopicConsumer, Handler]:
        if self.consumer is None:
            raise NotSubscribed
        handler = self.consumer.handlers.get(frame.event)
        if handler is None:
            raise Invalid(f"There is no event {quote(frame.event)!r} to send to this topic.", field="event")
        if handler.reply and frame.id is None:
            raise Invalid("This event is answered, so it needs an id.", field="id")
        return self.consumer, handler

    def _call(self, consumer: TopicConsumer, handler: Handler, frame: Send) -> Any:
        if tracing.active is None:
            return self._done(consumer, handler, frame)
        do = partial(self._done, consumer, handler, frame)
        return tracing.active.sending(registry().route(self.topic), frame.event, do)

    def _done(self, consumer: TopicConsumer, handler: Handler, frame: Send) -> Any:
        payload = self._connection.encoding.decode_data(frame.data, handler.payload)
        if handler.wants_key:
            # One without a key gets its own, so that the log treats all alike.
            return handler.method(consumer, payload, key=(frame.key or str(uuid.uuid4())).lower())
        return handler.method(consumer, payload)

    def _settle(self, frame: Send, handler: Handler, result: Any) -> None:
        if isinstance(result, asyncio.Future):
            # When the last frame was heard is when this one was, unless others to the topic were waited for.
            result.add_done_callback(partial(self._settled, frame, handler, self._connection.session.heard_at))
        elif frame.id is not None:
            self._reply(frame.id, {} if result is None else result)

    def _settled(self, frame: Send, handler: Handler, heard_at: float, future: asyncio.Future[Any]) -> None:
        try:
            self._settle(frame, handler, future.result())
            tally.ack.add(self._connection.hub.loop.time() - heard_at)
        except asyncio.CancelledError:
            self._refuse(frame, Unavailable("This was given up; whether it was done is unknown."))
        except Exception as error:  # noqa: BLE001 - as in `_answer`
            self._refuse(frame, error)

    def _reply(self, id: int, data: Any) -> None:
        reply = self._connection.encoding.encode(Reply(id, data))
        self._connection.session.answered(id)
        self._connection.writer.write(reply)

    def _refuse(self, frame: Request, error: BaseException) -> None:
        if not isinstance(error, RealtimeError):
            where = self._connection.id, quote(self.topic)
            logger.error("connection %s, topic %r: a request failed", *where, exc_info=error)
            error = Internal()
        self._connection.refuse(frame.id, error)

    # --- subscribing ------------------------------------------------------------------------------

    async def _subscribe(self, frame: Subscribe) -> None:
        cls, kwargs = registry().resolve(frame.topic)
        identity = self._connection.identity
        assert identity is not None  # the session admits nobody else
        take_subscribe(self._connection.hub, identity.id)
        self._leave_all()
        began_at = self._connection.hub.loop.time()
        self._connection.session.subscribe(frame.topic)
        consumer = cls(frame.topic, kwargs, identity=identity, params=frame.params, subscription=self)
        self.consumer = consumer
        try:
            await consumer.authorize()
            self._check_here(consumer)
            data, position = await self._state(consumer, frame.since)
            self._check_here(consumer)
            self._reply_state(frame.id, data, position)
        except BaseException:
            self._leave_all()
            raise
        tally.subscribes += 1
        if consumer.kind is StreamKind.LOG and frame.since is not None:
            _count_recovery(self._connection.hub.loop.time() - began_at, recovered=data["recovered"])

    async def _state(self, consumer: TopicConsumer, since: Since | None) -> tuple[Any, Snapshot]:
        """Join first, then read: what is flushed meanwhile waits in the member's buffer."""
        for number, name in enumerate(consumer.streams()):
            self._enter(name, consumer, main=number == 0)
        self._heard = consumer.listens_to()
        for name in self._heard:
            self._connection.hub.listen(name, consumer)
        if consumer.kind is StreamKind.LOG and since is not None:
            recovered = await self._recover(consumer, since)
            if recovered is not None:
                return recovered
        state = as_snapshot(await consumer.snapshot())
        if consumer.kind is not StreamKind.LOG:
            return {"snapshot": state.data}, state
        assert state.seq is not None, f"{type(consumer).__name__}.snapshot() of a LOG topic names its seq"
        assert state.epoch is not None, f"{type(consumer).__name__}.snapshot() of a LOG topic names its epoch"
        return _log_state(state, recovered=False, events=[]), state

    async def _recover(self, consumer: TopicConsumer, since: Since) -> tuple[Any, Snapshot] | None:
        """Every change after `since`, or None where it can't be served whole and a snapshot is due."""
        conf = self._connection.hub.conf
        kept = self._kept(consumer, since)
        changes = await consumer.since(since.seq, conf.RECOVER_CHANGES) if kept is None else kept
        if changes.epoch != since.epoch or since.seq > changes.top or changes.more:
            return None
        bodies = [item.body(self.topic) for item in changes.items]
        if sum(map(len, bodies)) > conf.RECOVER_BYTES:
            return None
        state = Snapshot(None, changes.top, changes.epoch)
        if self._connection.encoding is MSGPACK:
            return _log_state(state, recovered=True, events=packed_bodies(changes.items, self.topic)), state
        events = msgspec.Raw(b"[" + b",".join(bodies) + b"]")
        return _log_state(state, recovered=True, events=events), state

    def _kept(self, consumer: TopicConsumer, since: Since) -> Changes | None:
        """What the process itself remembers of the log; a consumer that reads in its own way is always asked."""
        if type(consumer).since is not TopicConsumer.since:
            return None
        stream, _ = self._members[consumer.streams()[0]]
        items = stream.since(since.epoch, since.seq)
        if items is None or stream.position is None:
            return None
        return Changes(since.epoch, stream.position, items)

    def _reply_state(self, id: int, data: Any, state: Snapshot) -> None:
        assert self.consumer is not None
        reply = self._connection.encoding.encode(Reply(id, data))
        self._connection.session.answered(id)
        self._connection.writer.write(reply, counts=False)
        self._replied = True
        main = self.consumer.streams()[0]
        for name, (stream, member) in self._members.items():
            seq, epoch = (state.seq, state.epoch) if name == main else (state.versions.get(name), None)
            self._connection.hub.settle(stream, member, seq, epoch)
        for frame in self._early:
            self._connection.writer.write(frame)
        self._early.clear()

    def _unsubscribe(self, frame: Unsubscribe) -> None:
        if self.consumer is None:
            raise NotSubscribed
        self._leave_all()
        self._reply(frame.id, {})

    def _check_here(self, consumer: TopicConsumer) -> None:
        """Raise NotFound if the consumer was kicked while it was let in or its snapshot was read."""
        if self.consumer is not consumer:
            raise NotFound

    def _enter(self, name: str, consumer: TopicConsumer, *, main: bool = False) -> tuple[Stream, Member]:
        if (place := self._members.get(name)) is not None:
            return place
        member = Member(self._connection.writer, consumer)
        stream = self._connection.hub.join(name, consumer.kind_of(name), member, main=main)
        self._members[name] = (stream, member)
        return stream, member

    def _leave(self, stream: Stream, member: Member) -> None:
        self._connection.account.received(*stream.written_to(member))
        self._connection.hub.leave(stream, member)

    def _leave_all(self) -> None:
        consumer, self.consumer, self._replied = self.consumer, None, False
        for stream, member in self._members.values():
            self._leave(stream, member)
        self._members.clear()
        if consumer is not None:
            for name in self._heard:
                self._connection.hub.unlisten(name, consumer)
        self._heard = ()
        self._early.clear()
        self._connection.session.topics.discard(self.topic)
        if consumer is not None and type(consumer).left is not TopicConsumer.left:
            self._connection.hub.spawn(consumer.left())


def _count_recovery(seconds: float, *, recovered: bool) -> None:
    tally.recovery.add(seconds)
    if recovered:
        tally.recoveries += 1
    else:
        tally.snapshots_instead += 1


def _too_many_wait() -> RateLimited:
    message = "Too many requests to this topic are waiting."
    return RateLimited(message, retry_after_s=1.0, limit=LimitName.REQUESTS_WAITING)


def _log_state(state: Snapshot, *, recovered: bool, events: Any) -> Mapping[str, Any]:
    return {
        "epoch": state.epoch,
        "seq": state.seq,
        "recovered": recovered,
        "events": events,
        "snapshot": state.data,
    }
