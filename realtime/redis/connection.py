"""One connection to Redis: commands go out at once, replies settle futures in their order.

Knows pub/sub only so far as a message is no reply. A connection that owes an answer for too long is cut, and with it
every command that waits: what comes late meets nobody, and no reply is ever taken for another's. Does not come
back by itself: see link.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import Callable
from typing import Any

from realtime.redis.address import Address
from realtime.redis.resp import Parser, ProtocolError, Reply, ReplyError, pack

__all__ = ["CONNECT_WITHIN_S", "Connection", "open_connection"]

CONNECT_WITHIN_S = 1.0
"""For the socket, TLS and the greeting together. Within a data centre that is a thousand round trips."""
UNSENT_BYTES_MAX = 16 * 1024 * 1024
"""What may wait for a Redis that does not read. It is cut after a second; until then this bounds the memory."""
# A name is for people who look at CLIENT LIST; who may not give one may go on without.
_NO_MATTER = ("NOPERM", "ERR unknown command", "ERR unknown subcommand")
_PING = pack(b"PING")


class _Waiting:
    """Commands that were sent together; they are done with the last of their replies."""

    __slots__ = ("error", "future", "replies", "since")

    def __init__(self, replies: int, future: asyncio.Future[Reply] | None, since: float) -> None:
        self.replies = replies
        self.future = future
        self.since = since
        self.error: ReplyError | None = None

    def settle(self, reply: Reply) -> None:
        if self.future is not None and not self.future.done():
            if self.error is not None:
                self.future.set_exception(self.error)
            else:
                self.future.set_result(reply)


class Connection(asyncio.Protocol):
    """See the module. on_message: channel and payload of each message. on_lost: called once, at the end.

    answer_within_s: how long a reply may take.
    """

    def __init__(
        self,
        on_message: Callable[[bytes, bytes], None],
        on_lost: Callable[[Connection, Exception], None],
        answer_within_s: float,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_message = on_message
        self._on_lost = on_lost
        self._answer_within_s = answer_within_s
        self._parser = Parser()
        self._waiting: deque[_Waiting] = deque()
        self._transport: Any = None
        self._watch: asyncio.TimerHandle | None = None
        self._ping: asyncio.TimerHandle | None = None
        self._heard = False
        self.closed = False
        self.gone: asyncio.Future[None] = self._loop.create_future()

    # --- commands ---------------------------------------------------------------------------------

    def command(self, data: bytes, replies: int = 1) -> asyncio.Future[Reply]:
        """Send packed commands that have so many replies. The future has the last of them, or the first error.

        It may be cancelled; the replies are then passed over as they come. Raises ConnectionError.
        """
        future = self._loop.create_future()
        self._send(data, replies, future)
        return future

    def tell(self, data: bytes) -> None:
        """Send one packed command whose reply does not matter. Raises ConnectionError."""
        self._send(data, 1, None)

    def keep_asking(self, every_s: float) -> None:
        """PING whenever nothing came for so long: a half-open connection is told from a silent one by the answer."""
        self._ping = self._loop.call_later(every_s, self._ask, every_s)

    def cut(self, error: Exception) -> None:
        """Drop the connection now; what waits for a reply fails with ConnectionError."""
        self._end(error)
        if self._transport is not None:
            self._transport.abort()

    # --- asyncio's side ---------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        sock = transport.get_extra_info("socket")
        if sock is not None and sock.family != getattr(socket, "AF_UNIX", None):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def data_received(self, data: bytes) -> None:
        self._heard = True
        try:
            replies = self._parser.feed(data)
            for reply in replies:
                if type(reply) is list and len(reply) == 3 and reply[0] == b"message":
                    self._on_message(reply[1], reply[2])  # type: ignore[arg-type]
                else:
                    self._answered(reply)
        except ProtocolError as error:
            self.cut(error)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or ConnectionError("Redis closed the connection"))
        if not self.gone.done():
            self.gone.set_result(None)

    # --- helpers ----------------------------------------------------------------------------------

    def _send(self, data: bytes, replies: int, future: asyncio.Future[Reply] | None) -> None:
        if self.closed:
            raise ConnectionError("The connection to Redis is closed")
        if self._transport.get_write_buffer_size() > UNSENT_BYTES_MAX:
            raise ConnectionError("Redis does not take what is sent")
        self._waiting.append(_Waiting(replies, future, self._loop.time()))
        self._transport.write(data)
        if self._watch is None:
            self._watch = self._loop.call_later(self._answer_within_s, self._look)

    def _answered(self, reply: Reply) -> None:
        if not self._waiting:
            raise ProtocolError(f"Nobody asked for {reply!r}")
        first = self._waiting[0]
        first.replies -= 1
        if isinstance(reply, ReplyError) and first.error is None:
            first.error = reply
        if not first.replies:
            self._waiting.popleft()
            first.settle(reply)

    def _look(self) -> None:
        """One timer for all commands: it goes off when the oldest would be late, and is set anew for the next."""
        self._watch = None
        if not self._waiting:
            return
        left_s = self._waiting[0].since + self._answer_within_s - self._loop.time()
        if left_s > 0:
            self._watch = self._loop.call_later(left_s, self._look)
        else:
            self.cut(TimeoutError(f"Redis did not answer within {self._answer_within_s:g} s"))

    def _ask(self, every_s: float) -> None:
        if not self._heard:
            with contextlib.suppress(ConnectionError):
                self.tell(_PING)
        self._heard = False
        self.keep_asking(every_s)

    def _end(self, error: Exception) -> None:
        if self.closed:
            return
        self.closed = True
        for timer in (self._watch, self._ping):
            if timer is not None:
                timer.cancel()
        while self._waiting:
            future = self._waiting.popleft().future
            if future is not None and not future.done():
                failure = ConnectionError(f"The connection to Redis was lost: {error}")
                failure.__cause__ = error
                future.set_exception(failure)
        self._on_lost(self, error)


async def open_connection(
    address: Address,
    name: str,
    on_message: Callable[[bytes, bytes], None],
    on_lost: Callable[[Connection, Exception], None],
    answer_within_s: float,
) -> Connection:
    """Connect and greet. Raises OSError (TimeoutError among them), ReplyError (a wrong password) or ValueError."""
    loop = asyncio.get_running_loop()
    connection = Connection(on_message, on_lost, answer_within_s)
    try:
        async with asyncio.timeout(CONNECT_WITHIN_S):
            if address.path:
                await loop.create_unix_connection(lambda: connection, address.path)
            else:
                await loop.create_connection(lambda: connection, address.host, address.port, ssl=address.tls)
            await _greet(connection, address.greeting(name))
    except BaseException:
        connection.cut(ConnectionError("It was not opened"))
        raise
    return connection


async def _greet(connection: Connection, commands: list[bytes]) -> None:
    *entering, naming = [connection.command(command) for command in commands]
    replies = await asyncio.gather(*entering, naming, return_exceptions=True)
    for future, reply in zip((*entering, naming), replies, strict=True):
        if isinstance(reply, BaseException) and not (future is naming and str(reply).startswith(_NO_MATTER)):
            raise reply
