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

from realtime.conf import conf
from realtime.consumers.connection import LANE
from realtime.metrics import limit_hit
from realtime.protocol.codes import CloseCode
from realtime.protocol.limits import LimitName
from realtime.server.deflate import SharedDeflateFactory
from realtime.server.inbox import Gate, Inbox
from realtime.server.reading import follow, whole_text
from realtime.server.rfc6455 import TextParts, WebSocketServer

__all__ = ["LaneProtocol"]

RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # socket(7), SO_LINGER: on, for no time at all
NOT_UTF8 = 1007  # RFC 6455, 7.4.1
LINGER_S = 5.0
PARTS = 1_000
PING = b"\x89\x00"  # a ping frame without payload (RFC 6455, 5.5.2)


class LaneProtocol(WebSocketsSansIOProtocol):
    """One connection of `serve`, and its own `Lane` (realtime.hub.writers)."""

    on_life: Callable[[], None] | None = None
    on_full: Callable[[], None] | None = None
    on_end: Callable[[], None] | None = None
    on_text: Callable[[str], bool] | None = None
    _close_sent: bool = False
    _missing: int | None = 0
    """Of the frame the library is in the middle of (reading.py)."""
    _parts: TextParts | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.queue = Inbox()  # type: ignore[assignment]  # what uvicorn uses of it
        self.writable = Gate()  # type: ignore[assignment]
        extensions = [SharedDeflateFactory()] if conf().DEFLATE else []
        self.conn = WebSocketServer(extensions=extensions, max_size=self.config.ws_max_size, logger=self.conn.logger)

    @property
    def close_sent(self) -> bool:
        """Uvicorn sets it where it closes first: behind the close frame nothing may follow."""
        return self._close_sent

    @close_sent.setter
    def close_sent(self, sent: bool) -> None:
        self._close_sent = sent
        if sent:
            self._ended()

    def data_received(self, data: bytes) -> None:
        if self.conn.parser_exc is not None:
            return  # the connection has failed, and only waits for the peer to see it (RFC 6455, 7.1.7)
        if self.handshake_initiated and not self.handshake_complete:
            self._refuse("Nothing may follow a handshake before it is answered.")
            return
        if self.handshake_complete:
            if self._missing == 0 and (payload := whole_text(data)) is not None and self._take_text(payload):
                return
            self._missing = follow(self._missing, data)
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            # uvicorn would leave it open, for ever and without an answer.
            self._refuse("Not a handshake: a body, or too many or too long lines.")

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        # The task that runs the application starts in a later turn of the loop: the scope can be added to.
        scope: Any = getattr(self, "scope", None)
        if scope is not None:
            scope["extensions"][LANE] = self

    async def send(self, message: Any) -> None:
        await super().send(message)
        # The handshake is answered: two KiB that each connection would keep, for the library holds on to the request.
        self.request.headers.clear()
        self.response.headers.clear()

    def handle_pong(self, event: Frame) -> None:
        self._lives()
        super().handle_pong(event)

    def handle_ping(self) -> None:
        self._lives()
        if self.unsent_bytes() > conf().BUDGET_BYTES:
            self.conn.data_to_send()  # no pong for one who sends pings and reads nothing
        super().handle_ping()

    def handle_text(self, event: Frame) -> None:
        self._parts = None if event.fin else TextParts()
        super().handle_text(event)
        self._check_part(event)

    def handle_bytes(self, event: Frame) -> None:
        self._parts = None
        super().handle_bytes(event)

    def handle_cont(self, event: Frame) -> None:
        super().handle_cont(event)
        if len(self.frames) > PARTS:  # a part of one byte takes forty, and parts of none have no limit
            self.frames = [b"".join(self.frames)]
        self._check_part(event)

    def send_receive_event_to_app(self) -> None:
        """A whole message is there. uvicorn would log a traceback for each that is no UTF-8, whoever sends them."""
        if self.curr_msg_data_type == "text" and not self.close_sent and not _is_utf8(b"".join(self.frames)):
            self._not_utf8()
            return
        super().send_receive_event_to_app()

    def handle_parser_exception(self) -> None:
        """The connection fails: say why, and read on for a while without looking.

        A socket that is closed with input unread is reset, and a peer in the middle of a large frame would never
        see the close frame. uvicorn closes at once.
        """
        close = self.conn.close_sent
        assert close is not None
        if close.code == CloseCode.TOO_LARGE:
            limit_hit(LimitName.MESSAGE_BYTES_MAX)
        self.queue.put_nowait({"type": "websocket.disconnect", "code": close.code, "reason": close.reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.transport.write_eof()
        self._read_on()
        if self.close_timer is not None:
            self.close_timer.cancel()
        self.close_timer = self.loop.call_later(LINGER_S, self.abort)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self.on_full is not None:
            self.on_full()

    def eof_received(self) -> None:
        """The peer sends no more; uvloop closes once all is written, which may be never for one who reads nothing."""
        super().eof_received()
        self._ended()
        self._abort_later()

    def handle_close(self, event: Frame) -> None:
        self._ended()  # behind the answer nothing may follow
        super().handle_close(event)
        self._abort_later()

    def shutdown(self) -> None:
        self._ended()
        super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended()
        self.on_life = self.on_full = self.on_end = self.on_text = None
        super().connection_lost(exc)

    # --- the lane ---------------------------------------------------------------------------------

    @property
    def deflates(self) -> bool:
        return bool(self.conn.extensions)

    @property
    def fast(self) -> Callable[[bytes], None]:
        return self.transport.write

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
            self._ended()
            self.transport.close()
            return
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self._read_on()
        # A plain close would wait for as long as the peer likes, for one who does not read.
        self.close_timer = self.loop.call_later(self.close_timeout, self.abort)

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

    def _take_text(self, payload: bytes) -> bool:
        """Hand on a whole text that came by itself. False where the library has to judge it."""
        within_another = self._parts is not None or self.frames or self.conn.current_size is not None
        if self.close_sent or within_another or len(payload) > self.config.ws_max_size:
            return False
        try:
            text = payload.decode()
        except UnicodeDecodeError:
            return False
        if self.on_text is not None and self.queue.empty() and self.on_text(text):
            return True
        self.queue.put_nowait({"type": "websocket.receive", "text": text})
        if not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()
        return True

    def _abort_later(self) -> None:
        if not self.disconnected and self.unsent_bytes():
            self.loop.call_later(LINGER_S, self.abort)

    def _ended(self) -> None:
        if self.on_end is not None:
            self.on_end()

    def _lives(self) -> None:
        if self.on_life is not None:
            self.on_life()

    def _read_on(self) -> None:
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()

    def _check_part(self, event: Frame) -> None:
        """Of a text that is not whole yet."""
        if self._parts is not None and not (event.fin or self.close_sent or self._parts.take(bytes(event.data))):
            self._not_utf8()

    def _not_utf8(self) -> None:
        self.frames = []
        self.conn.fail(NOT_UTF8)
        self.handle_parser_exception()

    def _refuse(self, text: str) -> None:
        """Answer a handshake with 400, or with what the library has to say about it."""
        answer = b"".join(self.conn.data_to_send()) or self.conn.reject(400, text).serialize()
        self.disconnected = True  # whatever the application is about to answer comes too late
        self.transport.write(answer)
        self.transport.close()


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
