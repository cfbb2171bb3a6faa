"""One socket from opening to end: waits for the greeting, authenticates, keeps the heartbeat, matches
answers to requests. Never comes back: connection.py opens the next one.
"""

import asyncio
import json
import logging
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Protocol

import msgspec

from realtime.client.clock import Clock, Timer
from realtime.client.credentials import RENEW_AT, Credentials
from realtime.client.errors import Disconnected
from realtime.client.heartbeat import Heartbeat
from realtime.client.states import Reason
from realtime.client.transport import Address, Dial, DialError, Socket, SocketEnded
from realtime.protocol.codes import CloseCode, may_reconnect
from realtime.protocol.decode import decode_server
from realtime.protocol.errors import Forbidden, RealtimeError, Unauthenticated, UnknownOp, error_for
from realtime.protocol.frames import (
    Auth,
    ClientFrame,
    Error,
    Event,
    Hello,
    Ping,
    Pong,
    Reply,
    ServerFrame,
    Unsubscribed,
    User,
    encode,
)

__all__ = ["Answer", "End", "Wire", "WireEvents"]

logger = logging.getLogger(__name__)

# From opening to being authenticated, the token's fetching included.
READY_WITHIN_S: Final = 20.0
# Frames that wait for a socket which takes none. Beyond it the network is stuck, and the heartbeat will say so.
UNSENT_MAX: Final = 10_000
RENEW_AGAIN_S: Final = 5.0

# Called once with the reply's data or with an error, in the order of the wire: whatever follows the
# answer there has not been looked at yet.
Answer = Callable[[Any], None]


class End(msgspec.Struct, frozen=True):
    """Why a wire is over. `final`: do not come back; `at_once`: come back without a wait."""

    reason: Reason
    code: int | None = None
    retry_after_s: float | None = None
    final: bool = False
    at_once: bool = False


class WireEvents(Protocol):
    """Who is told what happens."""

    def ready(self, hello: Hello, user: User) -> End | None:
        """Authenticated. An End ends it right away."""

    def event(self, frame: Event | Unsubscribed) -> None: ...


class Wire:
    """See the module. `run` is the connection's one lasting task."""

    __slots__ = (
        "_address",
        "_answers",
        "_clock",
        "_credentials",
        "_deadline",
        "_dial",
        "_end",
        "_events",
        "_flushing",
        "_handshake",
        "_heartbeat",
        "_next_id",
        "_opening",
        "_renewal",
        "_socket",
        "_unsent",
        "hello",
        "is_ready",
    )

    def __init__(
        self, address: Address, dial: Dial, clock: Clock, credentials: Credentials, events: WireEvents
    ) -> None:
        self._address = address
        self._dial = dial
        self._clock = clock
        self._credentials = credentials
        self._events = events
        self._answers: dict[int, Answer] = {}
        self._next_id = 1
        self._unsent: deque[bytes] = deque()
        self._socket: Socket | None = None
        self._end: End | None = None
        self._heartbeat: Heartbeat | None = None
        self._deadline: Timer | None = None
        self._renewal: Timer | None = None
        self._opening: asyncio.Future[Socket] | None = None
        self._flushing: asyncio.Task[None] | None = None
        self._handshake: asyncio.Task[None] | None = None
        self.hello: Hello | None = None
        self.is_ready = False

    async def run(self) -> End:
        """Live until the end and say what it was. Cancel it to hang up; that closes politely."""
        self._deadline = self._clock.call_later(READY_WITHIN_S, self.end, End(Reason.NO_HELLO))
        try:
            await self._open()
            while self._end is None and self._socket is not None:
                self._received(await self._socket.receive())
        except SocketEnded as ended:
            self.end(self._judged(ended))
        except asyncio.CancelledError:
            if self._end is None:
                await self._hang_up()
                raise
        finally:
            self._release()
        assert self._end is not None  # every way out of the loop has set it
        return self._end

    def end(self, end: End) -> None:
        """Give this connection up for `end`; the first one counts."""
        if self._end is None:
            self._end = end
        self.is_ready = False
        if self._opening is not None:
            self._opening.cancel()
        if self._socket is not None:
            self._socket.abort()

    def transmit(self, frame: ClientFrame) -> bool:
        """Send without waiting. False if it was dropped."""
        if self._socket is None or self._end is not None or len(self._unsent) >= UNSENT_MAX:
            return False
        self._unsent.append(encode(frame))
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
            del self._answers[id]
            answer(Disconnected())

    # --- opening and closing ----------------------------------------------------------------------

    async def _open(self) -> None:
        self._opening = asyncio.ensure_future(self._dial(self._address))
        try:
            self._socket = await self._opening
        except DialError as error:
            logger.debug("%s: %s", self._address.url, error)
            final = error.reason is Reason.BAD_URL
            self.end(End(error.reason, retry_after_s=error.retry_after_s, final=final))
        finally:
            self._opening = None

    async def _hang_up(self) -> None:
        self._end = End(Reason.STOPPED)
        if self._opening is not None:
            self._opening.cancel()
        if self._socket is not None:
            await self._socket.close()

    def _release(self) -> None:
        for timer in (self._deadline, self._renewal, self._heartbeat and self._heartbeat._timer):  # noqa: SLF001
            if timer is not None:
                timer.cancel()
        for task in (self._handshake, self._flushing):
            if task is not None:
                task.cancel()
        self.is_ready = False
        answers, self._answers = self._answers, {}
        for answer in answers.values():
            answer(Disconnected())

    def _judged(self, ended: SocketEnded) -> End:
        """The rules of the close codes."""
        if ended.code == CloseCode.TOKEN_EXPIRED:
            self._credentials.expired()
            if not self._credentials.can_renew:
                return End(Reason.AUTH_FAILED, ended.code, final=True)
        if not may_reconnect(ended.code):
            return End(Reason.REFUSED, ended.code, final=True)
        wait_s = _retry_after(ended.reason) if ended.code == CloseCode.TRY_LATER else None
        return End(Reason.LOST, ended.code, wait_s)

    async def _flush(self) -> None:
        assert self._socket is not None
        try:
            while self._unsent:
                await self._socket.send(self._unsent.popleft())
        except SocketEnded:
            self._unsent.clear()  # `receive` tells the end
        finally:
            self._flushing = None

    # --- what arrives -----------------------------------------------------------------------------

    def _received(self, raw: str | bytes) -> None:
        if self._heartbeat is not None:
            self._heartbeat.received()
        try:
            frame = decode_server(raw)
        except UnknownOp:
            return  # from a newer server
        except RealtimeError as error:
            logger.warning("%s: a frame that cannot be read: %s", self._address.url, error)
            if self.hello is None:
                self.end(End(Reason.PROTOCOL))
            return
        self._take(frame)

    def _take(self, frame: ServerFrame) -> None:
        if isinstance(frame, Hello):
            self._greeted(frame)
        elif self.hello is None:
            self.end(End(Reason.PROTOCOL))
        elif isinstance(frame, Event | Unsubscribed):
            self._events.event(frame)
        elif isinstance(frame, Reply):
            self._answered(frame.id, frame.data)
        elif isinstance(frame, Error):
            self._refused(frame)
        else:
            assert isinstance(frame, Pong)

    def _answered(self, id: int, result: Any) -> None:
        answer = self._answers.pop(id, None)
        if answer is not None:
            answer(result)

    def _refused(self, frame: Error) -> None:
        if frame.id is None:
            logger.info("%s: refused without an id: %s (%s)", self._address.url, frame.code, frame.message)
        else:
            self._answered(frame.id, error_for(frame))

    # --- authentication ---------------------------------------------------------------------------

    def _greeted(self, hello: Hello) -> None:
        if self.hello is not None:
            return
        self.hello = hello
        self._heartbeat = Heartbeat(
            self._clock,
            hello.heartbeat_s,
            ping=lambda: self.transmit(Ping()),
            dead=lambda: self.end(End(Reason.HEARTBEAT_MISSED)),
        )
        if hello.user is not None:
            self._ready(hello.user)
        elif self._credentials.exists:
            self._handshake = asyncio.create_task(self._authenticate(self._presented))
        else:
            self.end(End(Reason.AUTH_MISSING, final=True))

    async def _authenticate(self, answer: Callable[[Any, bool], None]) -> None:
        kept = self._credentials.kept
        try:
            token = await self._credentials.token()
        except Exception:
            logger.warning("%s: no token", self._address.url, exc_info=True)
            answer(Disconnected("The token source failed."), kept)
            return
        self.request(lambda id: Auth(id, token), lambda result: answer(result, kept))

    def _presented(self, result: Any, kept: bool) -> None:
        if isinstance(result, Unauthenticated | Forbidden):
            self._credentials.expired()
            again = kept and self._credentials.can_renew
            self.end(End(Reason.AUTH_FAILED, final=not again, at_once=again))
        elif isinstance(result, RealtimeError):
            self.end(End(Reason.NO_TOKEN, retry_after_s=result.retry_after_s))
        else:
            self._renew_in(result)
            self._ready(msgspec.convert(result["user"], User))

    def _ready(self, user: User) -> None:
        assert self.hello is not None
        if self._deadline is not None:
            self._deadline.cancel()
        self.is_ready = True
        end = self._events.ready(self.hello, user)
        if end is not None:
            self.end(end)

    def _renew_in(self, reply: dict[str, Any]) -> None:
        expires_in_s = reply.get("expires_in_s")
        if self._credentials.can_renew and expires_in_s is not None:
            self._renewal = self._clock.call_later(expires_in_s * RENEW_AT, self._renew)

    def _renew(self) -> None:
        self._credentials.expired()
        self._handshake = asyncio.create_task(self._authenticate(self._renewed))

    def _renewed(self, result: Any, _kept: bool) -> None:
        """Failing to renew is no harm yet: the server says 4010 when it is."""
        if isinstance(result, RealtimeError):
            if self._end is None:
                self._renewal = self._clock.call_later(RENEW_AGAIN_S, self._renew)
        else:
            self._renew_in(result)


def _retry_after(reason: str) -> float | None:
    """The wait a close reason of 4001 asks for: `{"retry_after_s": 12}`."""
    try:
        value = json.loads(reason)["retry_after_s"]
    except (ValueError, TypeError, KeyError):
        return None
    return float(value) if isinstance(value, int | float) and value >= 0 else None
