"""An ASGI application for tests of the lane: a socket that does what it is told, by the engine's own writer."""

from __future__ import annotations

import asyncio
from typing import Any

from realtime.consumers.connection import LANE
from realtime.hub.writers import Batch, LaneWriter

__all__ = ["BUDGET_BYTES", "ENDS", "SLOW_S", "application"]

BUDGET_BYTES = 4_000_000
SLOW_S = 0.5
"""How long the handshake at `/slow` waits for its answer."""
ENDS: list[tuple[int, str]] = []
"""How each connection ended, as the application was told."""


async def application(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    if scope["type"] == "lifespan":
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        return
    if scope["path"] == "/slow":
        await asyncio.sleep(SLOW_S)
    await send({"type": "websocket.accept", "subprotocol": None})
    if scope["path"] == "/asgi":
        await answer_by_send(receive, send)
        return
    puppet = Puppet(LaneWriter(scope["extensions"][LANE], BUDGET_BYTES, lambda: None), scope["extensions"][LANE])
    while (message := await receive())["type"] == "websocket.receive":
        text = message.get("text")
        if text is None:
            puppet.echo(message["bytes"])
        else:
            await puppet.obey(*text.split(" ", 1))
    ENDS.append((message["code"], message.get("reason", "")))


async def answer_by_send(receive: Any, send: Any) -> None:
    """As a plain Channels consumer does, which knows of no lane."""
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


class Puppet:
    """One connection. Signs of life are counted."""

    def __init__(self, writer: LaneWriter, lane: Any) -> None:
        self._writer = writer
        self._lives = 0
        lane.on_life = self._lived

    async def obey(self, word: str, argument: str = "") -> None:
        await getattr(self, f"_{word}")(argument)

    def echo(self, data: bytes) -> None:
        self._writer.write(b"binary " + data)

    def _lived(self) -> None:
        self._lives += 1

    async def _say(self, text: str) -> None:
        self._writer.write(text.encode())

    async def _count(self, text: str) -> None:
        self._writer.write(str(len(text)).encode())

    async def _frame(self, size: str) -> None:
        self._writer.write(b"x" * int(size))

    async def _lives_so_far(self, _: str) -> None:
        self._writer.write(str(self._lives).encode())

    async def _ping(self, _: str) -> None:
        self._writer.ping()

    async def _all(self, size: str) -> None:
        """A reply, events and the close, in this order, and then what comes too late."""
        filling = b"." * int(size)
        self._writer.write(b"reply " + filling)
        self._writer.write_batch(Batch([b"event %d " % number + filling for number in range(3)]))
        self._writer.close(4321, "that is all")
        self._writer.write(b"too late")
        self._writer.write_batch(Batch([b"too late"]))
        self._writer.ping()

    async def _past_the_writer(self, _: str) -> None:
        """What no consumer does: write to the lane itself after the close frame."""
        lane = self._writer._lane
        lane.close(4000, "")
        lane.write(b"\x81\x02no")
        lane.close(4001, "")

    async def _flood(self, _: str) -> None:
        while not self._writer.closed:
            self._writer.write(b"x" * 100_000)
