"""A client without a library, for what no well-behaved client does: not reading, the same key from five sides."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
from collections.abc import Sequence
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

__all__ = ["Raw", "raw"]

SMALL_BUFFER_BYTES = 4_096


class Raw:
    """One socket, authenticated. `request` reads on to its own answer and drops what comes before."""

    def __init__(self, connection: ClientConnection, name: str) -> None:
        self._connection = connection
        self._ids = itertools.count(1)
        self.name = name

    @property
    def port(self) -> int:
        """The client's own port: what the server's side is known by."""
        return int(self._connection.local_address[1])

    async def request(self, **frame: Any) -> dict[str, Any]:
        """The `reply` or `error` frame."""
        number = next(self._ids)
        await self._connection.send(json.dumps({**frame, "id": number}))
        while (answer := json.loads(await self._connection.recv())).get("id") != number:
            pass
        return dict(answer)

    async def requests(self, frames: Sequence[dict[str, Any]]) -> None:
        """Send many, then wait for all their answers."""
        waiting = set()
        for frame in frames:
            waiting.add(number := next(self._ids))
            await self._connection.send(json.dumps({**frame, "id": number}))
        while waiting:
            waiting.discard(json.loads(await self._connection.recv()).get("id"))

    def stop_reading(self) -> None:
        """Take nothing from the socket any more; it stays open."""
        self._connection.transport.pause_reading()


@asynccontextmanager
async def raw(port: int, token: str) -> Any:
    """Connect past the proxy, with buffers as small as they can be, so that what is unsent stays with the server."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER_BYTES)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
    async with connect(
        f"ws://127.0.0.1:{port}/ws/", sock=sock, ping_interval=None, compression=None, max_size=None, close_timeout=0.1
    ) as connection:
        hello = json.loads(await connection.recv())
        client = Raw(connection, hello["connection"])
        await client.request(op="auth", token=token)
        yield client
