"""How a client enters a server and what a message to it looks like: all that the load engine is told of a protocol."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from loadtest.template import Template

__all__ = ["Dialect", "Speech"]


@dataclass(frozen=True, slots=True)
class Speech:
    """What a server says beside messages; empty where there is no such thing.

    reply: how the answer to a message begins, up to its number. error: how a refusal begins. ping, pong: a text that
    asks for life where the server does not use the pings of WebSocket, and the whole client frame that answers it.
    stamp: what stands before the time at which data was made (13 digits: milliseconds since 1970, by this machine's
    clock); a payload in which it stands is no message, but data with an age.
    """

    reply: bytes = b""
    error: bytes = b""
    ping: bytes = b""
    pong: bytes = b""
    stamp: bytes = b""


class Dialect(Protocol):
    """A server's protocol, as far as a client that makes load needs it.

    number_of: reads a message's number out of a compressed payload (its second argument: whether the frame was binary);
    None where payloads are plain.
    """

    @property
    def speech(self) -> Speech: ...

    @property
    def number_of(self) -> Callable[[bytes, bool], int] | None: ...

    async def enter(self, host: str, port: int, room: str, number: int) -> socket.socket:
        """Connect client `number` and join the room; `host` is an IPv4 address, `room` of letters, digits and hyphens.

        The socket does not block, belongs to the caller, and has nothing left to read of the way in: what comes next
        is said in the room. When it raises or is cancelled, the connection is closed. Raises EnterError if the server
        does not let it in or is not there, ValueError if the room has something to say already: nobody should speak in
        it before all are in.
        """
        ...

    def message(self, room: str, text_bytes: int) -> Template:
        """Give what a member of the room sends so that all of it receive `message_text(text_bytes)` once."""
        ...
