"""How a crowd comes in: some at a time, while those who are in already answer whoever asks whether they live."""

from __future__ import annotations

import asyncio
import contextlib
import socket

from benchmarks.systems import Crowd
from loadtest.dialect import Dialect, Speech
from loadtest.frames import Opcode, client_frame, take_frame
from loadtest.link import EnterError

__all__ = ["HOST", "enter"]

HOST = "127.0.0.1"
AT_ONCE = 100
"""Clients on their way in at the same time."""
READ_BYTES = 65_536


async def enter(dialect: Dialect, port: int, crowd: Crowd, at_once: int = AT_ONCE) -> list[socket.socket]:
    """Bring the whole crowd in. If one is not let in or is lost, nobody is left connected.

    Raises what the dialect raises, and EnterError if one is sent away while others still come.
    """
    gate = asyncio.Semaphore(at_once)
    lobby = Lobby(dialect.speech)

    async def one(number: int) -> None:
        async with gate:
            lobby.add(number, await dialect.enter(HOST, port, crowd.room(number), number))

    with contextlib.ExitStack() as stack:
        stack.callback(lobby.close)
        # Not a task group: it would hide the first refusal in a group of hundreds.
        tasks = [asyncio.ensure_future(one(number)) for number in range(crowd.members)]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        sockets = lobby.leave()
        stack.pop_all()
    return sockets


class Lobby:
    """Who is in. Ten thousand take longer to come than some servers wait for a sign of life."""

    def __init__(self, speech: Speech) -> None:
        self._speech = speech
        self._loop = asyncio.get_running_loop()
        self._in: dict[int, socket.socket] = {}
        self._buffers: dict[int, bytearray] = {}
        self._lost: list[int] = []

    def add(self, number: int, connection: socket.socket) -> None:
        self._in[number] = connection
        self._buffers[number] = bytearray()
        self._loop.add_reader(connection, self._readable, number)

    def leave(self) -> list[socket.socket]:
        """All of them by number, from now on the caller's. Raises EnterError if one is lost."""
        self._stop()
        if self._lost:
            raise EnterError(f"{len(self._lost)} clients were sent away while others still came in")
        if any(self._buffers.values()):
            raise EnterError("somebody spoke before all were in")
        return [self._in[number] for number in sorted(self._in)]

    def close(self) -> None:
        self._stop()
        for connection in self._in.values():
            connection.close()

    def _stop(self) -> None:
        for connection in self._in.values():
            self._loop.remove_reader(connection)

    def _readable(self, number: int) -> None:
        connection, buffer = self._in[number], self._buffers[number]
        try:
            data = connection.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        buffer += data
        if not data or not self._answered(connection, buffer):
            self._loop.remove_reader(connection)
            self._lost.append(number)

    def _answered(self, connection: socket.socket, buffer: bytearray) -> bool:
        """Whether the connection goes on."""
        while (frame := take_frame(buffer)) is not None:
            opcode, payload = frame
            if opcode is Opcode.CLOSE:
                return False
            if opcode is Opcode.PING:
                connection.send(client_frame(payload, Opcode.PONG))
            elif self._speech.ping and payload == self._speech.ping:
                connection.send(self._speech.pong)
        return True
