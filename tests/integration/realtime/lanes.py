"""The server that `serve` runs, with an application that does what its sockets are told, and a client of bare bytes."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from realtime import health
from realtime.server import Worker, WorkerOptions

__all__ = [
    "BINARY",
    "CLOSE",
    "CONT",
    "HANDSHAKE",
    "PING",
    "PONG",
    "TEXT",
    "WITHIN_S",
    "Lanes",
    "RawSocket",
    "closing",
    "frame",
    "open_lanes",
    "until_gone",
]

WITHIN_S = 10
CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@dataclass
class Lanes:
    """The server and its port."""

    worker: Worker
    port: int

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/"

    @property
    def connections(self) -> int:
        return len(self.worker.server_state.connections)


@contextlib.contextmanager
def open_lanes() -> Iterator[Lanes]:
    """A worker of `serve` in a thread."""
    interval, listener = sys.getswitchinterval(), socket.create_server(("127.0.0.1", 0))
    ready, ready_fd = os.pipe()
    options = WorkerOptions("tests.integration.realtime.lane_app:application", drain_s=0.1, ready_fd=ready_fd)
    worker = Worker(options)
    thread = threading.Thread(target=worker.run, args=([listener],))
    thread.start()
    with contextlib.closing(os.fdopen(ready, "rb")) as word:
        assert word.read(1)
    try:
        yield Lanes(worker, listener.getsockname()[1])
    finally:
        worker.should_exit = True
        thread.join(WITHIN_S)
        sys.setswitchinterval(interval)
        health.starting()
    assert not thread.is_alive()


class RawSocket:
    """A client without a library: it reads only when told, and sees each byte."""

    def __init__(self, lanes: Lanes, handshake: bytes = HANDSHAKE) -> None:
        self._socket = socket.create_connection(("127.0.0.1", lanes.port), timeout=WITHIN_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.put(handshake)

    def head(self) -> bytes:
        """The head of the answer to the handshake."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = self._socket.recv(1)
            assert byte, head
            head += byte
        return head

    def greeted(self) -> RawSocket:
        assert b" 101 " in self.head()
        return self

    def put(self, data: bytes) -> None:
        self._socket.sendall(data)

    def send(self, opcode: int, payload: bytes = b"", **how: bool | int) -> None:
        self.put(frame(opcode, payload, **how))

    def tell(self, text: str) -> None:
        self.send(TEXT, text.encode())

    def read(self, size: int) -> bytes:
        """So many bytes, or those up to the end."""
        data = b""
        while len(data) < size and (chunk := self._socket.recv(size - len(data))):
            data += chunk
        return data

    def next(self) -> tuple[int, bytes]:
        """The opcode and payload of the next frame, which has to be whole and encoded as short as can be."""
        first, size = self.read(2)
        assert first & 0xF0 == 0x80, "a fragment, or a reserved bit"
        if size == 126:
            size = int.from_bytes(self.read(2), "big")
            assert size > 125
        elif size == 127:
            size = int.from_bytes(self.read(8), "big")
            assert size > 65_535
        return first & 0x0F, self.read(size)

    def says(self, text: str) -> bool:
        """Whether that text is the next frame."""
        return self.next() == (TEXT, text.encode())

    def lives(self) -> bool:
        """Whether it answers, with nothing else before."""
        self.tell("say still there")
        return self.says("still there")

    def ended(self) -> int | None:
        """The code of the close frame, which has to be the next and the last one; None where it has no code."""
        opcode, payload = self.next()
        assert opcode == CLOSE, (opcode, payload[:100])
        assert self.read_to_the_end() == b""
        return int.from_bytes(payload[:2], "big") if payload else None

    def read_to_the_end(self) -> bytes:
        """Raises ConnectionResetError where the server dropped the connection."""
        data = b""
        while chunk := self._socket.recv(65_536):
            data += chunk
        return data

    def end(self) -> None:
        """Send nothing more."""
        self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._socket.close()


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, masked: bool = True, length_bytes: int = -1
) -> bytes:
    """One frame under a mask of its own. length_bytes: 0, 2 or 8, where it is not to be the shortest."""
    size = len(payload)
    if length_bytes < 0:
        length_bytes = 0 if size < 126 else 2 if size < 65_536 else 8
    mask_bit = 0x80 if masked else 0
    short = {0: size, 2: 126, 8: 127}[length_bytes]
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode, mask_bit | short])
    head += size.to_bytes(length_bytes, "big") if length_bytes else b""
    return head + (MASK + masking(payload) if masked else payload)


def closing(code: int, reason: bytes = b"") -> bytes:
    """The payload of a close frame."""
    return code.to_bytes(2, "big") + reason


def until_gone(lanes: Lanes, within_s: float) -> float:
    """Wait until the server holds no connection; how long that took."""
    start = time.monotonic()
    while lanes.connections:
        assert time.monotonic() - start < within_s, "the server still holds a connection"
        time.sleep(0.02)
    return time.monotonic() - start


MASK = b"\x37\xfa\x21\x3d"


def masking(payload: bytes) -> bytes:
    key = int.from_bytes((MASK * (len(payload) // 4 + 1))[: len(payload)], "big")
    return (int.from_bytes(payload, "big") ^ key).to_bytes(len(payload), "big")
