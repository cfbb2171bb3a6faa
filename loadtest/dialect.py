"""How a client enters a server and what a message to it looks like: all that the load engine is told of a protocol."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
from dataclasses import dataclass
from typing import Protocol

__all__ = ["DIGITS", "Dialect", "EnterError", "Speech", "Template", "client_frame", "message_text", "open_websocket"]

DIGITS = b"0000000000"
"""Where a message's number goes; the engine fills it in."""


class EnterError(Exception):
    """The server did not let a client in; says what it answered.

    code: the server's own word for it, a close code or the code of an error, where there is one. reason: what a close
    frame says beside its code.
    """

    def __init__(self, message: str, *, code: str = "", reason: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Template:
    """A client's message as bytes. frame: a whole client frame with a masking key of zeros, so that the payload is
    plain. number_at: the offsets in it at which the ten digits of the message's number stand.
    """

    frame: bytes
    number_at: tuple[int, ...]

    @classmethod
    def of(cls, payload: bytes, *, binary: bool = False) -> Template:
        """Every `DIGITS` in the payload is a place for the number."""
        frame = client_frame(payload, binary=binary)
        places, at = [], frame.find(DIGITS)
        while at >= 0:
            places.append(at)
            at = frame.find(DIGITS, at + len(DIGITS))
        return cls(frame, tuple(places))


@dataclass(frozen=True, slots=True)
class Speech:
    """What a server says beside messages; empty where there is no such thing.

    reply: how the answer to a message begins, up to its number. error: how a refusal begins. ping, pong: a text that
    asks for life, and the whole frame that answers it.
    """

    reply: bytes = b""
    error: bytes = b""
    ping: bytes = b""
    pong: bytes = b""


class Dialect(Protocol):
    """One server's protocol."""

    speech: Speech

    async def enter(self, host: str, port: int, room: str, number: int) -> socket.socket:
        """Connect, upgrade and join as client `number`; all that follows are the room's messages. Raises EnterError."""

    def message(self, room: str, text_bytes: int) -> Template:
        """A message of `text_bytes` characters to the room."""


def message_text(text_bytes: int) -> bytes:
    """`#`, ten digits for the number, and letters up to the size asked for."""
    return (b"#" + DIGITS + b" " + b"the quick brown fox jumps over the lazy dog " * (text_bytes // 44 + 1))[
        :text_bytes
    ]


def client_frame(payload: bytes, *, binary: bool = False) -> bytes:
    """One frame as a client sends it (RFC 6455, 5.2), masked with zeros: the payload stays readable."""
    first, size = bytes([0x82 if binary else 0x81]), len(payload)
    if size < 126:
        head = bytes([0x80 | size])
    elif size < 65_536:
        head = b"\xfe" + size.to_bytes(2, "big")
    else:
        head = b"\xff" + size.to_bytes(8, "big")
    return first + head + b"\0\0\0\0" + payload


async def open_websocket(host: str, port: int, path: str, *, headers: str = "", within_s: float = 30.0) -> Opened:
    """Connect and upgrade. Raises EnterError with the server's status line where it refuses."""
    loop = asyncio.get_running_loop()
    connection = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    connection.setblocking(False)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    opened = Opened(connection)
    try:
        async with asyncio.timeout(within_s):
            await loop.sock_connect(connection, (host, port))
            await loop.sock_sendall(connection, _request(host, port, path, headers))
            await opened.upgraded()
    except BaseException as error:
        connection.close()
        if isinstance(error, OSError | TimeoutError):
            raise EnterError(f"{host}:{port}{path} could not be reached: {error or type(error).__name__}") from error
        raise
    return opened


class Opened:
    """An upgraded socket on which a dialect still has something to say. `done` hands the bare socket over."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._loop = asyncio.get_running_loop()
        self._data = b""

    async def upgraded(self) -> None:
        while b"\r\n\r\n" not in self._data:
            await self._more()
        head, _, self._data = self._data.partition(b"\r\n\r\n")
        status = head.split(b"\r\n", 1)[0]
        if b" 101 " not in status + b" ":
            raise EnterError(f"the upgrade was answered with {status.decode(errors='replace')!r}")

    async def send(self, payload: bytes, *, binary: bool = False) -> None:
        await self._loop.sock_sendall(self._socket, client_frame(payload, binary=binary))

    async def receive(self) -> bytes:
        """The payload of the next text or binary frame. Raises EnterError where the server closes."""
        while True:
            while (frame := self._take()) is None:
                await self._more()
            opcode, payload = frame
            if opcode in {1, 2}:
                return payload
            if opcode == 8:
                code, reason = int.from_bytes(payload[:2], "big"), payload[2:].decode(errors="replace")
                raise EnterError(f"the server closed with {code} {reason}".rstrip(), code=str(code), reason=reason)
            if opcode == 9:
                await self._loop.sock_sendall(self._socket, b"\x8a" + client_frame(payload)[1:])

    def done(self) -> socket.socket:
        """The socket, from here on the engine's. What had come already is put back in front."""
        if self._data:
            raise EnterError(f"{len(self._data)} bytes came before the engine was there: join before anybody sends")
        return self._socket

    def close(self) -> None:
        self._socket.close()

    async def _more(self) -> None:
        data = await self._loop.sock_recv(self._socket, 65_536)
        if not data:
            raise EnterError("the server ended the connection")
        self._data += data

    def _take(self) -> tuple[int, bytes] | None:
        data = self._data
        if len(data) < 2:
            return None
        size, head = data[1] & 0x7F, 2
        if size == 126:
            size, head = int.from_bytes(data[2:4], "big"), 4
        elif size == 127:
            size, head = int.from_bytes(data[2:10], "big"), 10
        if len(data) < head or len(data) < head + size:
            return None
        self._data = data[head + size :]
        return data[0] & 0x0F, data[head : head + size]


def _request(host: str, port: int, path: str, headers: str) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    name = f"[{host}]" if ":" in host else host
    return (
        f"GET {path} HTTP/1.1\r\nHost: {name}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{headers}\r\n"
    ).encode()
