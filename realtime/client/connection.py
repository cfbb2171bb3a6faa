"""Keeps one wire up: when to open it, when to wait and for how long, when to stay away.

Knows close codes, not topics.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final, Protocol

from realtime.client.backoff import backoff_after
from realtime.client.clock import Clock
from realtime.client.credentials import Credentials
from realtime.client.errors import Disconnected
from realtime.client.states import ConnectionState, End, Reason, Status
from realtime.client.transport import Address, Dial
from realtime.client.wire import Answer, Wire
from realtime.protocol.codes import CloseCode
from realtime.protocol.encodings import JSON
from realtime.protocol.frames import ClientFrame, Event, Hello, Unsubscribed, User

__all__ = ["Connection", "ConnectionEvents"]

logger = logging.getLogger(__name__)

# A connection that held this long was a good one: the next wait starts from the shortest.
STABLE_S: Final = 60.0


class ConnectionEvents(Protocol):
    """Who is told what happens."""

    def up(self) -> None:
        """Authenticated; requests pass."""

    def down(self, code: int | None) -> None:
        """The wire is gone, whether it had been up or not."""

    def event(self, frame: Event | Unsubscribed) -> None:
        """Something arrived that nobody asked for."""

    def changed(self, status: Status) -> None:
        """The state is another one."""


class Connection:
    """See the module. One task while started, none while it rests."""

    def __init__(
        self,
        address: Address,
        *,
        dial: Dial,
        clock: Clock,
        random: Callable[[], float],
        credentials: Credentials,
        events: ConnectionEvents,
    ) -> None:
        self._address = address
        self._dial = dial
        self._clock = clock
        self._random = random
        self._credentials = credentials
        self._events = events
        self._wire: Wire | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._failures = 0  # attempts that failed since the last good connection
        self._up_since: float | None = None
        self._wake: asyncio.Future[Reason] | None = None
        self._woken = Reason.RETRY
        self.status = Status(ConnectionState.IDLE, ConnectionState.IDLE, Reason.STOPPED)
        self.user: User | None = None
        self.hello: Hello | None = None

    def start(self) -> None:
        """Begin, or begin again after `closed`. Does nothing while it is running or stopping."""
        if self._task is None:
            self._failures, self._stopping = 0, False
            self._task = asyncio.create_task(self._run(), name=f"realtime client of {self._address.url}")
            self._transition(ConnectionState.CONNECTING, Reason.STARTED)

    async def stop(self) -> None:
        """Hang up and rest. Safe to call in any state."""
        task = self._task
        if task is not None:
            self._stopping = True
            if self._wire is not None:
                await self._wire.close()
            self.retry_now()
            await asyncio.wait([task])

    def retry_now(self) -> None:
        """End a wait at once, whatever ordered it."""
        self._woke(Reason.ASKED)

    def drop(self) -> None:
        """Give up the present socket, as if the network had; for tests of what happens then."""
        if self._wire is not None:
            self._wire.end(End(Reason.LOST))

    @property
    def is_up(self) -> bool:
        """Whether requests pass."""
        return self._wire is not None and self._wire.is_ready

    def size_of(self, frame: ClientFrame) -> int:
        """The frame's bytes on the present connection; without one, in JSON."""
        encoding = JSON if self._wire is None else self._wire.encoding
        return len(encoding.encode(frame))

    def transmit(self, frame: ClientFrame) -> bool:
        """Send without waiting. False if it was dropped."""
        return self._wire is not None and self._wire.is_ready and self._wire.transmit(frame)

    def request(self, make: Callable[[int], ClientFrame], answer: Answer) -> None:
        """Send a request; `answer` is called exactly once with the reply's data or a RealtimeError."""
        if self._wire is None or not self._wire.is_ready:
            answer(Disconnected())
        else:
            self._wire.request(make, answer)

    # --- what a wire tells ------------------------------------------------------------------------

    def ready(self, hello: Hello, user: User) -> None:
        """Told by the wire: authenticated."""
        assert self._wire is not None
        if self.user is not None and self.user.id != user.id:
            # What its user wrote must not go out under another name.
            self._wire.end(End(Reason.USER_CHANGED, final=True))
            return
        self.hello, self.user = hello, user
        self._up_since = self._clock.now()
        self._transition(ConnectionState.CONNECTED, Reason.READY)
        self._events.up()

    def event(self, frame: Event | Unsubscribed) -> None:
        """Told by the wire."""
        self._events.event(frame)

    # --- coming back ------------------------------------------------------------------------------

    async def _run(self) -> None:
        try:
            while (reason := await self._after(await self._live())) is not None:
                self._transition(ConnectionState.CONNECTING, reason)
        except BaseException:
            self._task = None
            raise

    async def _live(self) -> End:
        if self._stopping:  # before it had begun
            return End(Reason.STOPPED, final=True)
        self._wire = Wire(self._address, self._dial, self._clock, self._credentials, self)
        try:
            end = await self._wire.run()
        finally:
            self._wire = None
            self._lost()
        self._events.down(end.code)
        return self._judged(end)

    def _lost(self) -> None:
        up_since, self._up_since = self._up_since, None
        if up_since is not None and self._clock.now() - up_since >= STABLE_S:
            self._failures = 0

    def _judged(self, end: End) -> End:
        """A token whose time is over is no reason to stay away, if there can be a new one."""
        if end.code != CloseCode.TOKEN_EXPIRED:
            return end
        self._credentials.expired()
        if self._credentials.can_renew:
            return End(Reason.LOST, end.code, at_once=self._failures == 0)
        return End(Reason.AUTH_FAILED, end.code, final=True)

    async def _after(self, end: End) -> Reason | None:
        """Wait as `end` asks, and say why to go on; None to rest."""
        if not (end.final or self._stopping):
            await self._wait(end)
        if self._stopping:
            self._rest(ConnectionState.IDLE, End(Reason.STOPPED))
        elif end.final:
            self._rest(ConnectionState.CLOSED, end)
        else:
            return self._woken
        return None

    async def _wait(self, end: End) -> None:
        delay_s = 0.0 if end.at_once else backoff_after(self._failures, self._random, end.retry_after_s)
        self._failures += 1
        self._wake = asyncio.get_running_loop().create_future()
        timer = self._clock.call_later(delay_s, self._woke, Reason.RETRY)
        offline = end.reason is Reason.NETWORK
        state = ConnectionState.OFFLINE if offline else ConnectionState.WAITING
        self._transition(state, end.reason, code=end.code, retry_at=self._clock.now() + delay_s)
        try:
            self._woken = await self._wake
        finally:
            timer.cancel()
            self._wake = None

    def _woke(self, reason: Reason) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(reason)

    def _rest(self, state: ConnectionState, end: End) -> None:
        self._task = None  # first, so that whoever hears of it may start again
        self._transition(state, end.reason, code=end.code)

    def _transition(self, state: ConnectionState, reason: Reason, **why: Any) -> None:
        self.status = Status(state, self.status.state, reason, **why)
        logger.debug("%s: %s (%s)", self._address.url, state, reason)
        self._events.changed(self.status)
