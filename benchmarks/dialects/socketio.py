"""Socket.IO 5 over Engine.IO 4, by WebSocket from the beginning: what socket.io-client does with only that transport.

An Engine.IO packet is a text whose first digit is its type: 0 open, 2 ping, 3 pong, 4 message. The second digit of a
message is Socket.IO's: 0 connect, 2 event, 3 acknowledgement, 4 refused.
"""

from __future__ import annotations

import json
import socket
from typing import Any

from loadtest.dialect import Speech
from loadtest.frames import client_frame
from loadtest.link import EnterError, Link, entering
from loadtest.template import Template, message_text

__all__ = ["SocketIoDialect"]

PATH = "/socket.io/?EIO=4&transport=websocket"
PING = b"2"
PONG = b"3"
JOIN_ID = 0


class SocketIoDialect:
    """`join` is sent with a request for an acknowledgement, so that the client is known to be in the room."""

    speech = Speech(ping=PING, pong=client_frame(PONG))
    number_of = None

    async def enter(self, host: str, port: int, room: str, number: int) -> socket.socket:
        async with entering(host, port) as link:
            await link.upgrade(PATH)
            await _next(link, b"0{")
            await link.send(b"40")
            await _next(link, b"40{")
            await link.send(f"42{JOIN_ID}{_json(['join', {'room': room}])}".encode())
            await _next(link, f"43{JOIN_ID}[".encode())
            return link.release()

    def message(self, room: str, text_bytes: int) -> Template:
        event = ["message", {"room": room, "message": message_text(text_bytes)}]
        return Template.of(f"42{_json(event)}".encode())


async def _next(link: Link, begin: bytes) -> None:
    """Receive the packet that begins so. Raises EnterError if another comes."""
    while (packet := await link.receive()) == PING:
        await link.send(PONG)
    if not packet.startswith(begin):
        raise EnterError("another answer was expected", packet)


def _json(value: Any) -> str:
    """As JSON.stringify writes it: without spaces."""
    return json.dumps(value, separators=(",", ":"))
