"""A crowd comes in while the server asks those who are in already whether they live."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from benchmarks.dialects import ChatDialect, SocketIoDialect
from benchmarks.stage.entrance import Lobby, enter
from benchmarks.systems import Crowd
from loadtest.frames import client_frame
from loadtest.link import EnterError

WITHIN_S = 10.0
ACCEPTED = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)
PING, PONG = b"\x89\x04life", b"\x8a\x84\x00\x00\x00\x00life"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(serve: Serve) -> AsyncIterator[int]:
    """Does so with every client, then waits until it is gone."""

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
            while await reader.read(65_536):
                pass
        except ConnectionResetError:
            pass
        writer.close()

    listening = await asyncio.start_server(served, "127.0.0.1", 0)
    async with listening:
        yield listening.sockets[0].getsockname()[1]
        for _ in range(3):
            await asyncio.sleep(0.01)
    gc.collect()  # an unclosed socket would be a warning, and so an error


async def test_who_is_in_answers_while_others_still_come():
    first_answered = asyncio.Event()
    came = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal came
        await reader.readuntil(b"\r\n\r\n")
        came += 1
        if came == 1:
            writer.write(ACCEPTED)
            await asyncio.sleep(0.05)  # else it is read on the way in
            writer.write(PING[:3])
            await asyncio.sleep(0.05)
            writer.write(PING[3:])
            assert await reader.readexactly(len(PONG)) == PONG
            first_answered.set()
        else:
            await first_answered.wait()
            writer.write(ACCEPTED)

    async with server(serve) as port:
        sockets = await asyncio.wait_for(enter(ChatDialect(), port, Crowd(2), at_once=1), WITHIN_S)
        assert len(sockets) == 2
        assert all(each.fileno() >= 0 for each in sockets)
        for each in sockets:
            each.close()


@pytest.mark.parametrize("end", [b"\x88\x02\x0f\xa9", b""], ids=["closed", "hung up"])
async def test_who_is_sent_away_meanwhile_is_missed_and_nobody_is_left(end):
    sent_away = asyncio.Event()
    came = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal came
        await reader.readuntil(b"\r\n\r\n")
        came += 1
        if came == 1:
            writer.write(ACCEPTED)
            await asyncio.sleep(0.05)
            writer.write(end)
            if not end:
                writer.close()
            await asyncio.sleep(0.05)
            sent_away.set()
        else:
            await sent_away.wait()
            writer.write(ACCEPTED)

    async with server(serve) as port:
        with pytest.raises(EnterError, match="1 clients were sent away"):
            await asyncio.wait_for(enter(ChatDialect(), port, Crowd(2), at_once=1), WITHIN_S)


async def test_who_is_refused_ends_it_for_all():
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")

    async with server(serve) as port:
        with pytest.raises(EnterError, match="503"):
            await asyncio.wait_for(enter(ChatDialect(), port, Crowd(50), at_once=7), WITHIN_S)


async def test_engineio_asks_in_its_own_words():
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x81\x012")
        assert await reader.readexactly(7) == client_frame(b"3")
        answered.set()

    answered = asyncio.Event()
    async with server(serve) as port:
        lobby = Lobby(SocketIoDialect.speech)
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setblocking(False)
        lobby.add(0, connection)
        await asyncio.wait_for(answered.wait(), WITHIN_S)
        assert lobby.leave() == [connection]
        connection.close()
