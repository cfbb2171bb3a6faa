"""One topic on the client: subscribes, recovers after a lost connection, heals holes, passes on what comes.

Page: docs/reference/protocol.md, "Subscribing and recovery".
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Protocol, Self

import msgspec

from realtime.client.backoff import backoff_after
from realtime.client.clock import Clock, Timer
from realtime.client.cursor import Cursor, Verdict
from realtime.client.errors import Disconnected, SubscriptionEnded
from realtime.client.states import SubscriptionState
from realtime.client.wire import Answer
from realtime.protocol.errors import RealtimeError
from realtime.protocol.frames import ClientFrame, Event, Since, Subscribe, Unsubscribe, Unsubscribed

__all__ = ["SNAPSHOT", "Link", "Received", "Subscription"]

logger = logging.getLogger(__name__)

# The event that replaces all a client holds of a topic, on the wire and in iteration alike.
SNAPSHOT: Final = "snapshot"
# Events kept for whoever iterates. Beyond it the reader is lost anyway and starts from a new snapshot.
BUFFER_MAX: Final = 100_000


class Received(msgspec.Struct, frozen=True, gc=False):
    """What a subscription passes on. Snapshots come as the event `snapshot`: discard all and begin there.

    `seq` is None for what has no place in a log. `recovered`: it was missed and is told afterwards.
    """

    event: str
    data: Any
    seq: int | None = None
    recovered: bool = False


class Link(Protocol):
    """What a subscription needs of its client."""

    def ask(self, make: Callable[[int], ClientFrame], answer: Answer) -> None: ...

    def subscription_changed(self, subscription: "Subscription") -> None: ...


class _State(msgspec.Struct):
    """The data of a subscribe's reply; topics without a log have the snapshot alone."""

    snapshot: Any = None
    epoch: str | None = None
    seq: int | None = None
    recovered: bool = False
    events: list[Received] = []


class Subscription:
    """Iterate over it for what arrives, beginning with the first snapshot; see Received.

    Iteration waits through lost connections. It ends with the subscription (`close`) and with the
    client's `stop`, and raises when the server refused or ended it, or told the client to stay away. One
    reader at a time gets each event. With a `listener` events go there, at once and in order, and there is
    nothing to iterate.
    """

    def __init__(
        self,
        topic: str,
        params: dict[str, Any] | None,
        listener: Callable[[Received], object] | None,
        link: Link,
        clock: Clock,
        random: Callable[[], float],
    ) -> None:
        self.topic = topic
        self.params = params
        self.state = SubscriptionState.WAITING
        self.error: RealtimeError | None = None
        self.snapshot: Any = None
        self._listener = listener
        self._link = link
        self._clock = clock
        self._random = random
        self._cursor = Cursor()
        self._ticket: object | None = None  # stands for the unanswered subscribe
        self._timer: Timer | None = None
        self._refusals = 0
        self._holes = 0  # found since the log was last whole
        self._hole_seq = 0  # what showed the last one
        self._buffer: deque[Received] = deque()
        self._waiters: list[asyncio.Future[None]] = []
        self._rest: BaseException | None = None  # what a reader gets once the buffer is empty

    @property
    def position(self) -> Since | None:
        """How far the topic's log has been followed; None without a log."""
        return self._cursor.position

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Received:
        assert self._listener is None, "a subscription with a listener has nothing to iterate"
        while not self._buffer:
            if self._rest is not None:
                raise self._rest
            await self._wait()
        return self._buffer.popleft()

    async def established(self) -> Self:
        """Wait for the first answer, through lost connections. Raises what iteration would."""
        while self.state is not SubscriptionState.LIVE:
            if isinstance(self._rest, StopAsyncIteration):
                raise Disconnected("The subscription was closed before its first answer.")
            if self._rest is not None:
                raise self._rest
            await self._wait()
        return self

    def close(self) -> None:
        """Unsubscribe and forget. Iteration ends after what has come so far."""
        if self.state is SubscriptionState.CLOSED:
            return
        known = self.state in (SubscriptionState.LIVE, SubscriptionState.SUBSCRIBING)
        self._settle()
        self._rest = StopAsyncIteration()
        self._transition(SubscriptionState.CLOSED)
        if known:
            self._link.ask(lambda id: Unsubscribe(id, self.topic), lambda _: None)

    def retry(self) -> None:
        """After a refusal: ask again, as after an invitation."""
        if self.state is SubscriptionState.FAILED:
            self._rest = None
            self.subscribe()

    # --- told by the client -----------------------------------------------------------------------

    def connected(self) -> None:
        self._refusals = 0
        if self.state is SubscriptionState.WAITING:
            self.subscribe()

    def disconnected(self) -> None:
        if self.state in (SubscriptionState.LIVE, SubscriptionState.SUBSCRIBING):
            self._settle()
            self._transition(SubscriptionState.WAITING)

    def rest(self, why: BaseException | None) -> None:
        """The client rests (what readers get from now on), or works again (None)."""
        if self.state not in (SubscriptionState.FAILED, SubscriptionState.CLOSED):
            self._rest = why
            self._notify()

    def event(self, frame: Event) -> None:
        """Apply the rule of `prev`, and pass the event on if it is due."""
        if self.state not in (SubscriptionState.LIVE, SubscriptionState.SUBSCRIBING):
            return
        if frame.seq is None:
            self._unsequenced(frame)
        elif self._ticket is None:
            self._sequenced(frame, frame.seq)
        # Else a subscribe is unanswered: what has a seq comes again after the answer, or in it.

    def unsubscribed(self, frame: Unsubscribed) -> None:
        if self._ticket is None:  # else it tells of the subscription before the one under way
            self._fail(SubscriptionEnded(frame.code, frame.message))

    def subscribe(self) -> None:
        """Ask now, from where we are."""
        if self._ticket is not None:
            return
        self._settle()
        ticket = self._ticket = object()
        self._transition(SubscriptionState.SUBSCRIBING)
        since, params = self._cursor.position, self.params
        self._link.ask(
            lambda id: Subscribe(id, self.topic, since, params),
            lambda result: self._answered(result) if ticket is self._ticket else None,
        )

    # --- answers ----------------------------------------------------------------------------------

    def _answered(self, result: Any) -> None:
        self._settle()
        if isinstance(result, RealtimeError):
            self._refused(result)
            return
        state = msgspec.convert(result, _State)
        self._refusals = 0
        self.error = None
        if state.recovered:
            self._recover(state)
        else:
            self._replace(state.snapshot, state.epoch, state.seq)
        if state.seq is not None and state.seq >= self._hole_seq:
            self._holes = 0
        if self.state is SubscriptionState.SUBSCRIBING:  # a listener may have closed it meanwhile
            self._transition(SubscriptionState.LIVE)

    def _refused(self, error: RealtimeError) -> None:
        self.error = error
        if isinstance(error, Disconnected):
            self._transition(SubscriptionState.WAITING)
        elif error.retryable:
            self._later(backoff_after(self._refusals, self._random, error.retry_after_s))
            self._refusals += 1
            self._transition(SubscriptionState.WAITING)
        else:
            self._fail(error)

    def _fail(self, error: RealtimeError) -> None:
        self._settle()
        self.error = self._rest = error
        self._transition(SubscriptionState.FAILED)

    def _replace(self, snapshot: Any, epoch: str | None, seq: int | None) -> None:
        self._cursor.position = None if epoch is None or seq is None else Since(epoch, seq)
        self.snapshot = snapshot
        self._pass(Received(SNAPSHOT, snapshot, seq))

    def _recover(self, state: _State) -> None:
        assert state.epoch is not None
        assert state.seq is not None
        self._cursor.position = Since(state.epoch, state.seq)
        for item in state.events:
            self._pass(Received(item.event, item.data, item.seq, recovered=True))

    # --- events -----------------------------------------------------------------------------------

    def _unsequenced(self, frame: Event) -> None:
        if frame.event == SNAPSHOT and self._cursor.position is None:
            self._replace(frame.data, None, None)
        else:
            self._pass(Received(frame.event, frame.data))

    def _sequenced(self, frame: Event, seq: int) -> None:
        verdict = self._cursor.take(seq, frame.prev)
        if verdict is Verdict.TAKE:
            self._pass(Received(frame.event, frame.data, seq))
        elif verdict is Verdict.HOLE:
            self._hole_seq = seq
            self._heal()

    def _heal(self) -> None:
        """Ask at once for the first hole. If the answer leaves another, the server is in trouble: pause."""
        self._holes += 1
        if self._holes == 1:
            self.subscribe()
        elif self._timer is None:
            self._later(backoff_after(self._holes - 2, self._random, None))

    def _pass(self, received: Received) -> None:
        if self._listener is not None:
            try:
                self._listener(received)
            except Exception:
                logger.exception("a listener of %s failed", self.topic)
            return
        if len(self._buffer) >= BUFFER_MAX:
            self._start_over()
        else:
            self._buffer.append(received)
            self._notify()

    def _start_over(self) -> None:
        logger.warning("%s: nobody reads; %d events are dropped for a new snapshot", self.topic, BUFFER_MAX)
        self._buffer.clear()
        self._cursor.position = None
        self.subscribe()

    # --- state ------------------------------------------------------------------------------------

    def _later(self, delay_s: float) -> None:
        self._timer = self._clock.call_later(delay_s, self._retry)

    def _retry(self) -> None:
        self._timer = None
        if self.state in (SubscriptionState.WAITING, SubscriptionState.LIVE):
            self.subscribe()

    def _settle(self) -> None:
        """Forget what was under way."""
        self._ticket = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _transition(self, state: SubscriptionState) -> None:
        if self.state is not state:
            self.state = state
            self._notify()
            self._link.subscription_changed(self)

    def _notify(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def _wait(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        await waiter
