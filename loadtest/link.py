"""One connection on its way in, until it is handed over: connected, upgraded, and spoken with in whole messages.

There is no library in between, because thousands of clients enter at once from the processor that the load runs on,
and because a library would keep what it has read ahead.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from loadtest.frames import Opcode, client_frame, take_frame

__all__ = ["EnterError", "Link", "entering"]

# The example of RFC 6455, 1.3, with the answer to it. A key that never changes is enough: it protects from caches
# that take one server's answer for another's, and there are none on the way of a load test.
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

END_OF_HEAD = b"\r\n\r\n"
HEAD_MAX_BYTES = 16_384
READ_BYTES = 65_536
WITHIN_S = 120.0
"""How long one client may take to come in: a crowd of ten thousand waits for each other."""


class EnterError(ConnectionError):
    """A client did not get in: refused, hung up on, or nobody there.

    answer: the beginning of what the server said. code: its own word for it, a close code or the code of an error,
    where there is one. reason: what a close frame says beside its code.
    """

    def __init__(self, problem: str, answer: bytes = b"", *, code: str = "", reason: str = "") -> None:
        super().__init__(f"{problem}: {answer[:200]!r}" if answer else problem)
        self.answer = answer
        self.code = code
        self.reason = reason


@asynccontextmanager
async def entering(host: str, port: int, *, within_s: float = WITHIN_S) -> AsyncIterator[Link]:
    """Connect to an address. When the block ends in an exception, the connection is closed.

    Raises EnterError if it breaks, or all of the block takes longer than `within_s`; ValueError for a name that is no
    address: to look one up for each client would be a load of its own.
    """
    address = ipaddress.ip_address(host)
    name = f"[{host}]:{port}" if address.version == 6 else f"{host}:{port}"
    connection = socket.socket(socket.AF_INET6 if address.version == 6 else socket.AF_INET)
    try:
        connection.setblocking(False)
        # A message is one small write, and is to leave at once.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        async with asyncio.timeout(within_s):
            await asyncio.get_running_loop().sock_connect(connection, (host, port))
            yield Link(connection, name)
    except EnterError:
        connection.close()
        raise
    except (OSError, TimeoutError) as error:
        connection.close()
        raise EnterError(f"{name} could not be entered ({str(error) or 'it took too long'})") from error
    except BaseException:
        connection.close()
        raise


class Link:
    """A connected socket and what was read from it too early. `upgrade` first, `release` last."""

    def __init__(self, connection: socket.socket, host: str) -> None:
        self._connection = connection
        self._host = host
        self._buffer = bytearray()
        self._loop = asyncio.get_running_loop()

    async def upgrade(self, path: str, headers: Sequence[tuple[str, str]] = ()) -> bytes:
        """Make it a WebSocket, and give the head of the answer. Raises EnterError if the server will not."""
        fields = [
            ("Host", self._host),
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Key", KEY),
            ("Sec-WebSocket-Version", "13"),
            *headers,
        ]
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields)]
        await self._loop.sock_sendall(self._connection, "\r\n".join(lines).encode() + END_OF_HEAD)
        head = await self._head()
        if not head.startswith(b"HTTP/1.1 101 ") or ACCEPT not in head:
            raise EnterError("the upgrade was refused", head)
        return head

    async def send(self, payload: bytes, opcode: Opcode = Opcode.TEXT) -> None:
        await self._loop.sock_sendall(self._connection, client_frame(payload, opcode))

    async def receive(self) -> bytes:
        """Give the next message, and answer pings on the way. Raises EnterError if the server closes instead."""
        while True:
            frame = take_frame(self._buffer)
            if frame is None:
                await self._read()
                continue
            opcode, payload = frame
            if opcode is Opcode.CLOSE:
                raise _closed(payload)
            if opcode is Opcode.PING:
                await self.send(payload, Opcode.PONG)
            elif opcode is not Opcode.PONG:
                return payload

    async def receive_rest(self) -> None:
        """Receive, for nobody, what was read too early: of those who are told something while they come in."""
        while self._buffer:
            await self.receive()

    def release(self) -> socket.socket:
        """Hand the socket over. Raises ValueError if more was read than was received: it would be lost."""
        if self._buffer:
            raise ValueError(f"read beyond the way in: {bytes(self._buffer[:200])!r}")
        return self._connection

    async def _head(self) -> bytes:
        while (end := self._buffer.find(END_OF_HEAD)) < 0:
            if len(self._buffer) > HEAD_MAX_BYTES:
                raise EnterError("no HTTP", bytes(self._buffer))
            await self._read()
        head = bytes(self._buffer[: end + len(END_OF_HEAD)])
        del self._buffer[: len(head)]
        return head

    async def _read(self) -> None:
        data = await self._loop.sock_recv(self._connection, READ_BYTES)
        if not data:
            raise EnterError("the server hung up on a client that was entering")
        self._buffer += data


def _closed(payload: bytes) -> EnterError:
    code, reason = str(int.from_bytes(payload[:2], "big") or ""), payload[2:].decode(errors="replace")
    return EnterError(f"the server closed with {code} {reason}".rstrip(), code=code, reason=reason)
