"""One socket from opening to end: waits for the greeting, keeps the heartbeat, matches answers to
requests, and says once why it is over. Never comes back: connection.py opens the next one.
"""

import asyncio
import json
import logging
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Protocol

from realtime.client.clock import Clock, Timer
from realtime.client.credentials import Credentials
from realtime.client.errors import Disconnected
from realtime.client.handshake import Handshake
from realtime.client.heartbeat import Heartbeat
from realtime.client.states import End, Reason
from realtime.client.transport import Address, Dial, DialError, Socket, SocketEnded
from realtime.protocol.codes import CloseCode, may_reconnect
from realtime.protocol.encodings import JSON, Encoding, encoding_of
from realtime.protocol.errors import RealtimeError, UnknownOp, error_for
from realtime.protocol.frames import (
    ClientFrame,
    Error,
    Event,
    Hello,
    Ping,
    Reply,
    ServerFrame,
    Unsubscribed,
    User,
)

__all__ = ["Answer", "Wire", "WireEvents"]

logger = logging.getLogger(__name__)

# From opening to being authenticated, the fetching of a token included.
READY_WITHIN_S: Final = 20.0
# Frames waiting for a socket that takes none. Beyond it the network is stuck, as the heartbeat will find.
UNSENT_MAX: Final = 10_000

# Called once with the reply's data or a RealtimeError, in the order of the wire: what follows the answer
# there has not been looked at yet.
Answer = Callable[[Any], None]


class WireEvents(Protocol):
    """Who is told what happens."""

    def ready(self, hello: Hello, user: User) -> None:
        """Authenticated."""

    def event(self, frame: Event | Unsubscribed) -> None:
        """Something arrived that nobody asked for."""


class Wire:
    """See the module. Its `run` is the only task a client has for good."""

    __slots__ = (
        "_address",
        "_answers",
        "_clock",
        "_dial",
        "_end",
        "_events",
        "_flushing",
        "_handshake",
        "_heartbeat",
        "_late",
        "_next_id",
        "_opening",
        "_socket",
        "_unsent",
        "encoding",
        "hello",
        "is_ready",
    )

    def __init__(
        self, address: Address, dial: Dial, clock: Clock, credentials: Credentials, events: WireEvents
    ) -> None:
        self._address = address
        self._dial = dial
        self._clock = clock
        self._events = events
        self._handshake = Handshake(self, clock, credentials, self._ready)
        self._heartbeat: Heartbeat | None = None
        self._late: Timer | None = None
        self._answers: dict[int, Answer] = {}
        self._next_id = 1
        self._unsent: deque[bytes] = deque()
        self._opening: asyncio.Future[Socket] | None = None
        self._socket: Socket | None = None
        self._flushing: asyncio.Task[None] | None = None
        self._end: End | None = None
        self.encoding: Encoding = JSON
        self.hello: Hello | None = None
        self.is_ready = False

    async def run(self) -> End:
        """Live until the end and say what it was. Every unanswered request is told, too."""
        self._late = self._clock.call_later(READY_WITHIN_S, self.end, End(Reason.NO_HELLO))
        try:
            await self._open()
            while self._end is None and self._socket is not None:
                self._received(await self._socket.receive())
        except SocketEnded as ended:
            self._ended(_judged(ended))
        finally:
            self._release()
        assert self._end is not None  # _release has set it
        return self._end

    def end(self, end: End) -> None:
        """Give this connection up at once; the first reason counts."""
        self._ended(end)
        if self._opening is not None:
            self._opening.cancel()
        if self._socket is not None:
            self._socket.abort()

    async def close(self) -> None:
        """Hang up politely. `run` returns."""
        self._ended(End(Reason.STOPPED, final=True))
        if self._opening is not None:
            self._opening.cancel()
        if self._socket is not None:
            await self._socket.close()

    def transmit(self, frame: ClientFrame) -> bool:
        """Send without waiting. False if it was dropped."""
        if self._socket is None or self._end is not None or len(self._unsent) >= UNSENT_MAX:
            return False
        self._unsent.append(self.encoding.encode(frame))
        if self._heartbeat is not None:
            self._heartbeat.sent()
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        return True

    def request(self, make: Callable[[int], ClientFrame], answer: Answer) -> None:
        """Send the frame that `make` makes with a new id; `answer` is called exactly once."""
        id, self._next_id = self._next_id, self._next_id + 1
        self._answers[id] = answer
        if not self.transmit(make(id)):
            self._answered(id, Disconnected())

    # --- opening and ending -----------------------------------------------------------------------

    async def _open(self) -> None:
        self._opening = asyncio.ensure_future(self._dial(self._address))
        try:
            self._socket = await self._opening
            self.encoding = encoding_of(self._socket.subprotocol)
        except DialError as error:
            logger.debug("%s: %s", self._address.url, error)
            final = error.reason is Reason.BAD_URL
            self._ended(End(error.reason, retry_after_s=error.retry_after_s, final=final))
        except asyncio.CancelledError:
            if self._end is None:  # the task itself was cancelled, not the opening
                raise
        finally:
            self._opening = None

    def _ended(self, end: End) -> None:
        if self._end is None:
            self._end = end
        self.is_ready = False

    def _release(self) -> None:
        self._ended(End(Reason.STOPPED, final=True))
        self._handshake.stop()
        if self._late is not None:
            self._late.cancel()
        if self._heartbeat is not None:
            self._heartbeat.stop()
        if self._flushing is not None:
            self._flushing.cancel()
        if self._socket is not None:
            self._socket.abort()
        for id in list(self._answers):
            self._answered(id, Disconnected())

    async def _flush(self) -> None:
        assert self._socket is not None
        try:
            while self._unsent:
                await self._socket.send(self._unsent.popleft())
        except SocketEnded:
            self._unsent.clear()  # `receive` is told as well, and tells
        finally:
            self._flushing = None

    # --- what arrives -----------------------------------------------------------------------------

    def _received(self, raw: str | bytes) -> None:
        if self._heartbeat is not None:
            self._heartbeat.received()
        try:
            frame = self.encoding.decode_server(raw)
        except UnknownOp:
            return  # from a newer server
        except RealtimeError as error:
            logger.warning("%s: a frame that cannot be read: %s", self._address.url, error)
            if self.hello is None:
                self.end(End(Reason.PROTOCOL))
            return
        try:
            self._take(frame)
        except Exception:
            # Readable, and still nothing we can make sense of: start afresh instead of dying silently.
            logger.exception("%s: a frame that cannot be handled", self._address.url)
            self.end(End(Reason.PROTOCOL))

    def _take(self, frame: ServerFrame) -> None:
        if self.hello is None:
            self._greeted(frame)
        elif isinstance(frame, Event | Unsubscribed):
            self._events.event(frame)
        elif isinstance(frame, Reply):
            self._answered(frame.id, frame.data)
        elif isinstance(frame, Error):
            self._refused(frame)

    def _greeted(self, frame: ServerFrame) -> None:
        if not isinstance(frame, Hello):
            self.end(End(Reason.PROTOCOL))
            return
        self.hello = frame
        self._heartbeat = Heartbeat(
            self._clock,
            frame.heartbeat_s,
            ping=lambda: self.transmit(Ping()),
            dead=lambda: self.end(End(Reason.HEARTBEAT_MISSED)),
        )
        self._handshake.greeted(frame)

    def _ready(self, user: User) -> None:
        assert self.hello is not None
        assert self._late is not None
        self._late.cancel()
        self.is_ready = True
        self._events.ready(self.hello, user)

    def _refused(self, frame: Error) -> None:
        if frame.id is None:
            logger.info("%s: refused: %s (%s)", self._address.url, frame.message, frame.code)
        else:
            self._answered(frame.id, error_for(frame))

    def _answered(self, id: int, result: Any) -> None:
        answer = self._answers.pop(id, None)
        if answer is not None:
            answer(result)


def _judged(ended: SocketEnded) -> End:
    """The rule of the close codes. 4010 is for whoever holds the token to judge."""
    if not may_reconnect(ended.code):
        return End(Reason.REFUSED, ended.code, final=True)
    wait_s = _retry_after(ended.reason) if ended.code == CloseCode.TRY_LATER else None
    return End(Reason.LOST, ended.code, wait_s)


def _retry_after(reason: str) -> float | None:
    """The wait that a close reason of 4001 asks for: `{"retry_after_s": 12}`."""
    try:
        value = json.loads(reason)["retry_after_s"]
    except (ValueError, TypeError, KeyError):
        return None
    return float(value) if isinstance(value, int | float) and value >= 0 else None
