"""What every dialect offers."""

from __future__ import annotations

import socket
from typing import Protocol

from benchmarks.dialects.template import Template

__all__ = ["Dialect"]


class Dialect(Protocol):
    """A server's protocol, as far as a client of the benchmark needs it.

    ping: the text with which the server asks for life, or None where it uses the pings of WebSocket.
    pong: the whole client frame that answers it.
    """

    ping: bytes | None
    pong: bytes | None

    async def enter(self, host: str, port: int, room: str, number: int) -> socket.socket:
        """Connect client `number` and join the room; `host` is an IPv4 address, `room` of letters, digits and hyphens.

        The socket does not block, belongs to the caller, and has nothing left to read of the way in: what comes next
        is said in the room. It sets itself no limit of time; when it raises or is cancelled, the connection is closed.
        Raises EntryRefusedError if the server does not let it in, another OSError if the connection breaks, ValueError
        if the room has something to say already: nobody should speak in it before all are in.
        """
        ...

    def message(self, room: str, text_bytes: int) -> Template:
        """Give what a member of the room sends so that all of it receive `message_text(text_bytes)` once."""
        ...
