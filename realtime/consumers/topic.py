"""`TopicConsumer`: what developers extend. One instance per connection and topic.

It says who may subscribe, what they see first, what they missed, and what their events do. It never
touches a socket, a group or a frame; a test makes one and calls its methods.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from realtime.consumers.handlers import Handler, handlers_of
from realtime.hub.doors import publish_event
from realtime.hub.types import Changes, Snapshot, StreamKind, Top
from realtime.protocol.codes import UnsubscribeCode
from realtime.protocol.errors import Forbidden, NotFound, Unavailable
from realtime.protocol.frames import Event

if TYPE_CHECKING:
    from realtime.consumers.subscription import Subscription
    from realtime.identity import Identity

__all__ = ["TopicConsumer"]

ASK_AGAIN_S = 1.0


class TopicConsumer:
    """Base class of all topics.

    Attributes: `topic` (as the client named it), `kwargs` (from the pattern), `identity`, `params` (of the
    subscribe frame). Refuse by raising an error of `realtime.protocol.errors`.
    """

    # A subclass has a dictionary like any other class, unless it names slots as well.
    __slots__ = ("_subscription", "identity", "kwargs", "params", "topic")

    kind: ClassVar[StreamKind] = StreamKind.EPHEMERAL
    handlers: ClassVar[Mapping[str, Handler]] = {}
    listens: ClassVar[bool] = False
    """Whether the class has a `signalled` of its own: a signal to ten thousand others costs no call each."""

    def __init__(
        self,
        topic: str,
        kwargs: Mapping[str, Any] | None = None,
        *,
        identity: Identity,
        params: Mapping[str, Any] | None = None,
        subscription: Subscription | None = None,
    ) -> None:
        self.topic = topic
        self.kwargs = kwargs or {}
        self.identity = identity
        self.params = params or {}
        self._subscription = subscription

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.handlers = handlers_of(cls)
        cls.listens = cls.signalled is not TopicConsumer.signalled

    # --- hooks ------------------------------------------------------------------------------------

    async def authorize(self) -> None:
        """Raise NotFound, Forbidden or RoomFull unless the user may subscribe. Runs at every subscribe,
        recovery included. What the user may not know of is NotFound, like what does not exist.
        """

    def streams(self) -> Sequence[str]:
        """The streams this subscription is fed by; the first is the one whose seq the client follows."""
        return (self.topic,)

    def listens_to(self) -> Sequence[str]:
        """Streams of other topics whose signals `signalled` is told, without their events: whose access is borrowed."""
        return ()

    @classmethod
    def kind_of(cls, stream: str) -> StreamKind:
        """What a seq means on `stream`."""
        return cls.kind

    async def snapshot(self) -> Any:
        """The state a subscriber starts from: plain data, or a `Snapshot` with seq and epoch (LOG: required).

        Read the top of the log first, then the rows up to it: what is published meanwhile comes after.
        """
        return {}

    async def since(self, seq: int, limit: int) -> Changes:
        """What came after `seq`, at most `limit` items. LOG topics only."""
        return await self.changes(self.streams()[0], seq, limit)

    @classmethod
    async def changes(cls, stream: str, after: int, limit: int) -> Changes:
        """What came after `after` on a LOG stream, or the one newest item of a STATE or DIFF stream."""
        raise NotFound(f"{cls.__name__} keeps no history of {stream}.")

    @classmethod
    async def tops(cls, streams: Sequence[str]) -> Mapping[str, Top]:
        """How far each stream has come, in one query for all. Absent ones are left alone."""
        return {}

    async def left(self) -> None:
        """After the subscription ended, however it did."""

    def signalled(self, name: str, data: Mapping[str, Any]) -> Coroutine[Any, Any, None] | None:
        """A `Signal` came on one of the streams. Called for one consumer after the other, so it must not block:
        what has to wait is returned as a coroutine and runs as a task. An `async def` does just that.
        """
        return None

    # --- what a consumer can do -------------------------------------------------------------------

    @property
    def connection(self) -> str:
        """The id of the connection, as `hello` names it; "" in a test without one."""
        return "" if self._subscription is None else self._subscription.connection

    async def publish(self, event: str, data: Any) -> None:
        """Send an event without a seq to everybody on this topic, the sender included."""
        publish_event(self.streams()[0], self.topic, event, data)

    def send_event(self, event: str, data: Any) -> None:
        """Send an event to this connection alone."""
        if self._subscription is not None:
            self._subscription.write(Event(self.topic, event, data))

    def kick(self, code: UnsubscribeCode, message: str) -> None:
        """End this subscription; the client is told why and does not come back by itself."""
        if self._subscription is not None:
            self._subscription.kick(code, message)

    async def authorize_again(self, code: UnsubscribeCode, message: str) -> None:
        """Rights changed: ask `authorize` once more, until it can answer. Where it is NotFound now, the subscription
        ends with this code and message; where it is Forbidden, as a ban.
        """
        while self._subscription is not None and self._subscription.consumer is self:
            try:
                await self.authorize()
            except NotFound:
                self.kick(code, message)
            except Forbidden as refusal:
                self.kick(UnsubscribeCode.BANNED, refusal.message)
            except Unavailable:
                await asyncio.sleep(ASK_AGAIN_S)  # the word was given once, and nobody repeats it
                continue
            return

    def join(self, stream: str) -> None:
        """Be fed by one more stream from now on. Twice is once."""
        if self._subscription is not None:
            self._subscription.join(stream)

    def leave(self, stream: str) -> None:
        """Be fed by one stream less."""
        if self._subscription is not None:
            self._subscription.leave(stream)


def as_snapshot(value: Any) -> Snapshot:
    """What `snapshot` returned, plain data included, as a `Snapshot`."""
    return value if isinstance(value, Snapshot) else Snapshot(value)
