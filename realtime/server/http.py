"""uvicorn's HTTP protocol, which waits for a request's head only so long.

uvicorn itself waits for ever: a few thousand sockets that send a byte a minute (a slow-loris) would take all its
file descriptors. tests/integration/realtime/test_handshake.py holds the internals touched below.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from realtime.conf import conf

__all__ = ["HttpProtocol"]


class HttpProtocol(HttpToolsProtocol):
    """Closes a connection whose request line and headers, WebSocket handshakes included, are not there in time.

    Between two requests uvicorn's own keep-alive limit holds.
    """

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        self._begin()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._deadline is None:
            self._begin()

    def on_headers_complete(self) -> None:
        self._end()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        super().connection_lost(exc)

    def _begin(self) -> None:
        self._deadline = self.loop.call_later(conf().HANDSHAKE_WITHIN_S, self._too_late)

    def _end(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.abort()
