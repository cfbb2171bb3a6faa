"""What RFC 6455 asks of a server, and uvicorn and the websockets library leave out.

Knows bytes and headers, no connection. What is left out even so: docs/decisions/0021-how-strict-websockets-are.md.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable

from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol

__all__ = ["TextParts", "WebSocketServer", "asks_for_websocket", "refusal"]

VERSION = b"13"
Headers = Iterable[tuple[bytes, bytes]]

_decoder = codecs.getincrementaldecoder("utf-8")


class WebSocketServer(ServerProtocol):
    """The library's own, and a close frame may come between the fragments of a message, as any control frame (5.4)."""

    def recv_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            self.current_size = None  # the library would call the message incomplete, and answer 1002
        super().recv_frame(frame)


class TextParts:
    """The parts of one text message, of which none may begin what cannot be UTF-8 (8.1)."""

    __slots__ = ("_decoder",)

    def __init__(self) -> None:
        self._decoder = _decoder()

    def take(self, data: bytes) -> bool:
        """Whether the text so far may still become UTF-8: its end may be within a character."""
        try:
            self._decoder.decode(data)
        except UnicodeDecodeError:
            return False
        return True


def asks_for_websocket(headers: Headers) -> bool:
    """Whether a request is a handshake (4.2.1). Both headers are lists, and may be given in several lines."""
    headers = list(headers)
    return b"upgrade" in _tokens(headers, b"connection") and b"websocket" in _tokens(headers, b"upgrade")


def refusal(http_version: str, headers: Headers) -> bytes | None:
    """The whole answer to a handshake that cannot be taken, or None. The library judges what is not judged here."""
    headers = list(headers)
    if http_version != "1.1":
        return _answer("400 Bad Request", "A WebSocket handshake is a request of HTTP/1.1.")
    if len(_values(headers, b"host")) != 1:
        return _answer("400 Bad Request", "A WebSocket handshake has one Host header.")
    if _values(headers, b"sec-websocket-version") != [VERSION]:
        version = f"Upgrade: websocket\r\nSec-WebSocket-Version: {VERSION.decode()}\r\n"  # RFC 6455, 4.2.2
        return _answer("426 Upgrade Required", "This server speaks version 13 of the WebSocket protocol.", version)
    return None


def _values(headers: Headers, wanted: bytes) -> list[bytes]:
    return [value.strip() for name, value in headers if name == wanted]


def _tokens(headers: Headers, wanted: bytes) -> set[bytes]:
    return {token.strip().lower() for value in _values(headers, wanted) for token in value.split(b",")}


def _answer(status: str, text: str, more: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n{more}"
    return f"{head}Content-Length: {len(text)}\r\n\r\n{text}".encode("ascii")
