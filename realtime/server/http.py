"""uvicorn's HTTP protocol, which waits for a request's head only so long, and is strict with WebSocket handshakes.

uvicorn itself waits for ever: a few thousand sockets that send a byte a minute (a slow-loris) would take all its
file descriptors; and it keeps a head of any size. tests/integration/realtime/test_handshake.py and
test_rfc6455_handshake.py hold the internals touched below.
"""

from __future__ import annotations

import asyncio
import sys

from httptools import HttpParserUpgrade
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from realtime.conf import conf
from realtime.metrics import limit_hit
from realtime.protocol.limits import LimitName
from realtime.server.rfc6455 import asks_for_websocket, refusal

__all__ = ["HttpProtocol"]

# Eight times what proxies let through. One read of the loop (256 KiB) may exceed it.
HEAD_BYTES = 65_536


class HttpProtocol(HttpToolsProtocol):
    """Closes a connection whose request line and headers, WebSocket handshakes included, are too large or not
    there in time.

    Between two requests uvicorn's own keep-alive limit holds.
    """

    _deadline: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _chunk = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        self._begin()

    def data_received(self, data: bytes) -> None:
        self._chunk = data
        super().data_received(data)
        self._chunk = b""
        self._head_bytes = self._head_bytes + len(data) if self._deadline is not None else 0
        if self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The request's head is too large.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._deadline is None:
            self._begin()

    def on_headers_complete(self) -> None:
        self._end()
        super().on_headers_complete()

    def handle_websocket_upgrade(self) -> None:
        """Called within `except HttpParserUpgrade`, which says where in the chunk the head has ended."""
        upgrade = sys.exception()
        assert isinstance(upgrade, HttpParserUpgrade)
        answer = refusal(self.parser.get_http_version(), self.scope["headers"])
        if answer is not None:
            self.transport.write(answer)
            self.transport.close()
        elif upgrade.args[0] < len(self._chunk):  # uvicorn would drop what follows and begin in the middle of a frame
            self.send_400_response("Nothing may follow a handshake before it is answered.")
        else:
            super().handle_websocket_upgrade()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        super().connection_lost(exc)

    def _should_upgrade(self) -> bool:
        return asks_for_websocket(self.headers)

    def _begin(self) -> None:
        self._deadline = self.loop.call_later(conf().HANDSHAKE_WITHIN_S, self._too_late)

    def _end(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            limit_hit(LimitName.HANDSHAKE_WITHIN_S)
            self.transport.abort()
