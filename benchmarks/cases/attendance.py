"""People who are in rooms and are told who comes and goes: connections that subscribe to presence and read on.

One thread reads all sockets and counts; of one in each room what is told is counted as well. Knows Chorus alone.
"""

from __future__ import annotations

import asyncio
import json
import selectors
import socket
import threading
import time
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Self

from benchmarks.stage.entrance import HOST
from benchmarks.systems import Crowd
from loadtest.form import JSON
from loadtest.frames import Opcode, client_frame, take_frame
from loadtest.link import entering

__all__ = ["Attendance", "redis_stats"]

AT_ONCE = 100
READ_BYTES = 262_144
ALIVE = client_frame(b"", Opcode.PONG)
"""Counts as a sign of life, so that nobody has to look for pings among what is told."""
SUBSCRIBE, UNSUBSCRIBE = "subscribe", "unsubscribe"


class Attendance:
    """As a context manager: reads, until the end, what the connections that `come` are told.

    `told` counts bytes by connection, `diffs` the events that the first of each room was told.
    """

    def __init__(self, tokens: Iterable[str], port: int, crowd: Crowd) -> None:
        self._tokens = list(tokens)
        self._port = port
        self._crowd = crowd
        self._sockets: dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._buffers = {number: bytearray() for number in range(crowd.rooms)}
        self._ids = 10
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._read_forever, name="attendance", daemon=True)
        self.told = [0] * crowd.members
        self.diffs = 0
        self.count = 0
        """What the first of the first room was told last: how many are in it."""
        self.closed = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()
        for connection in self._sockets.values():
            connection.close()
        self._selector.close()

    async def come(self, numbers: Iterable[int]) -> None:
        """Connect and authenticate, in no room yet. Raises EnterError."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(number: int) -> None:
            async with gate:
                self._sockets[number] = await self._connected(number)

        await asyncio.gather(*(one(number) for number in numbers))
        for number in numbers:
            self._selector.register(self._sockets[number], selectors.EVENT_READ, number)

    def enter(self, number: int) -> None:
        """Subscribe to the presence of one's room, and so be there."""
        self._say(number, SUBSCRIBE)

    def leave(self, number: int) -> None:
        self._say(number, UNSUBSCRIBE)

    def say_alive(self) -> None:
        for connection in self._sockets.values():
            connection.send(ALIVE)

    async def _connected(self, number: int) -> socket.socket:
        async with entering(HOST, self._port) as link:
            await link.upgrade("/ws/", JSON.headers)
            await link.receive()
            await link.send(JSON.encode({"op": "auth", "id": 1, "token": self._tokens[number]}))
            await link.receive()
            return link.release()

    def _say(self, number: int, op: str) -> None:
        self._ids += 1
        frame = {"op": op, "id": self._ids, "topic": f"presence/{self._crowd.room(number)}"}
        self._sockets[number].send(client_frame(JSON.encode(frame)))

    def _read_forever(self) -> None:
        while not self._ending.is_set():
            if not self._selector.get_map():
                time.sleep(0.01)
                continue
            for key, _ in self._selector.select(0.1):
                self._read(key.data, key.fileobj)

    def _read(self, number: int, connection: object) -> None:
        assert isinstance(connection, socket.socket)
        try:
            data = connection.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._selector.unregister(connection)
            self.closed += 1
            return
        self.told[number] += len(data)
        if number < self._crowd.rooms:
            self._listen(number, data)

    def _listen(self, number: int, data: bytes) -> None:
        buffer = self._buffers[number]
        buffer += data
        while (frame := take_frame(buffer)) is not None:
            opcode, payload = frame
            if opcode is Opcode.TEXT and payload.startswith(b'{"op":"event"'):
                self.diffs += 1
                if number == 0:
                    self.count = json.loads(payload)["data"]["count"]


def redis_stats(port: int) -> Mapping[str, int]:
    """What Redis counts of itself: commands processed, bytes of memory used."""
    with socket.create_connection((HOST, port), timeout=5) as connection:
        connection.sendall(b"INFO\r\n")
        data = bytearray()
        while True:
            data += connection.recv(READ_BYTES)
            head, found, rest = data.partition(b"\r\n")
            if found and len(rest) >= int(head[1:]) + 2:
                break
    lines = dict(line.split(":", 1) for line in data.decode().splitlines() if ":" in line)
    return {name: int(lines[name]) for name in ("total_commands_processed", "used_memory")}
