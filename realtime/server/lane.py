"""The fast lane: uvicorn's WebSocket protocol with a writer that goes straight to the transport.

uvicorn's `send` is a coroutine that may wait while a raw write does not, so a connection that used both
would see an event overtake the reply that names its seq. Here everything after the accept passes one lane.
uvicorn is pinned to a minor version; tests/integration/realtime/test_lane_contract.py holds every internal
touched below.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState, ProtocolError
from websockets.frames import Frame
from websockets.http11 import Request

from realtime.consumers.connection import LANE

__all__ = ["LaneProtocol"]

RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # socket(7), SO_LINGER: on, for no time at all
NOT_UTF8 = 1007  # RFC 6455, 7.4.1
PING = b"\x89\x00"  # a ping frame without payload (RFC 6455, 5.5.2)


class LaneProtocol(WebSocketsSansIOProtocol):
    """One connection of `serve`, and its own `Lane` (realtime.hub.writers)."""

    on_life: Callable[[], None] | None = None

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        # The task that runs the application starts in a later turn of the loop: the scope can be added to.
        scope: Any = getattr(self, "scope", None)
        if scope is not None:
            scope["extensions"][LANE] = self

    def handle_pong(self, event: Frame) -> None:
        self._lives()
        super().handle_pong(event)

    def handle_ping(self) -> None:
        self._lives()
        super().handle_ping()

    def send_receive_event_to_app(self) -> None:
        """A whole message is there. uvicorn would log a traceback for each that is no UTF-8, whoever sends them."""
        if self.curr_msg_data_type == "text" and not self.close_sent and not _is_utf8(b"".join(self.frames)):
            self.frames = []
            self.conn.send_close(NOT_UTF8)
            self.handle_parser_exception()
            return
        super().send_receive_event_to_app()

    def connection_lost(self, exc: Exception | None) -> None:
        self.on_life = None
        super().connection_lost(exc)

    # --- the lane ---------------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Write whole WebSocket frames. Silent after the close frame."""
        if not (self.close_sent or self.transport.is_closing()):
            self.transport.write(data)

    def unsent_bytes(self) -> int:
        return self.transport.get_write_buffer_size()

    def ping(self) -> None:
        self.write(PING)

    def close(self, code: int, reason: str) -> None:
        """Send the close frame behind everything written, wait for the peer's, then for nobody."""
        if self.close_sent or self.transport.is_closing():
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        try:
            self.conn.send_close(code, reason)
        except (InvalidState, ProtocolError):  # the peer's close frame came first, or the reason is too long
            self.transport.close()
            return
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.close)

    def abort(self) -> None:
        """Drop the connection and all it has not sent, what the kernel holds of it included.

        A plain close leaves the kernel trying to deliver its megabytes for many minutes to one who does not read.
        """
        if self.disconnected:
            return
        connection = self.transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self.transport.abort()

    def _lives(self) -> None:
        if self.on_life is not None:
            self.on_life()


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
