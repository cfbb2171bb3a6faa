"""The way in, against servers that answer as none of the systems should."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from benchmarks.dialects import ChatDialect, SocketIoDialect
from loadtest.chorus import ChorusDialect
from loadtest.dialect import Dialect
from loadtest.frames import Opcode, client_frame
from loadtest.link import EnterError, entering

WITHIN_S = 10.0
ACCEPTED = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)


def text(payload: bytes) -> bytes:
    return bytes((0x81, len(payload))) + payload


@dataclass
class Server:
    """A server that has its answers ready. received: what it had read before each of them."""

    port: int
    received: list[bytes]


@asynccontextmanager
async def server(*answers: bytes) -> AsyncIterator[Server]:
    """Reads something before each answer, then until the client is gone; an empty answer hangs up."""
    received: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            received.append(await reader.read(65_536))
            writer.write(answer)
        if answers[-1]:
            with contextlib.suppress(ConnectionResetError):  # who leaves before reading it all ends it so
                while await reader.read(65_536):
                    pass
        writer.close()
        gone.set()

    gone = asyncio.Event()
    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield Server(listening.sockets[0].getsockname()[1], received)
        await asyncio.wait_for(gone.wait(), WITHIN_S)
    gc.collect()  # an unclosed socket would be a warning, and so an error


async def enter(dialect: Dialect, to: Server) -> None:
    connection = await asyncio.wait_for(dialect.enter("127.0.0.1", to.port, "hall", 0), WITHIN_S)
    connection.close()


async def test_socketio_is_spoken_byte_by_byte_and_packets_in_one_piece_are_read_one_by_one():
    async with server(ACCEPTED + text(b'0{"sid":"a"}'), text(b'40{"sid":"b"}'), text(b"430[]")) as to:
        await enter(SocketIoDialect(), to)
    request, connect, join = to.received
    assert request.startswith(b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:")
    assert connect == client_frame(b"40")
    assert join == client_frame(b'420["join",{"room":"hall"}]')


async def test_who_asks_for_life_on_the_way_in_is_answered():
    pings = b"\x89\x01p" + text(b"2")
    async with server(ACCEPTED + text(b'0{"sid":"a"}'), pings, text(b'40{"sid":"b"}'), text(b"430[]")) as to:
        await enter(SocketIoDialect(), to)
    # In one piece or in two, as the kernel has it.
    said = b"".join(to.received)
    assert client_frame(b"p", Opcode.PONG) + SocketIoDialect.speech.pong in said


async def test_bytes_that_follow_the_way_in_are_an_error():
    async with server(ACCEPTED + text(b'{"message": "early"}')) as to:
        with pytest.raises(ValueError, match="early"):
            await enter(ChatDialect(), to)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 403 Forbidden\r\n\r\n",
        ACCEPTED.replace(b"s3pP", b"xxxx"),
        b"x" * 20_000,
        ACCEPTED + b"\x88\x02\x03\xe8",
        ACCEPTED + text(b'44{"message":"no"}'),
    ],
    ids=["forbidden", "wrong key", "no HTTP", "closed", "refused"],
)
async def test_a_refusal_is_told_with_what_the_server_said(answer):
    async with server(answer) as to:
        with pytest.raises(EnterError):
            await enter(SocketIoDialect(), to)


async def test_a_server_that_hangs_up_is_an_error():
    async with server(b"") as to:
        with pytest.raises(EnterError, match="hung up"):
            await enter(ChatDialect(), to)


async def test_a_close_is_told_with_its_code_and_reason():
    async with server(ACCEPTED + b"\x88\x17\x0f\xa1" + b'{"retry_after_s": 12}') as to:
        with pytest.raises(EnterError) as refusal:
            await enter(ChorusDialect(["token"]), to)
    assert (refusal.value.code, refusal.value.reason) == ("4001", '{"retry_after_s": 12}')


async def test_nobody_there_is_told_as_any_refusal():
    listening = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    listening.close()
    await listening.wait_closed()
    with pytest.raises(EnterError, match=f"127.0.0.1:{port}"):
        await ChatDialect().enter("127.0.0.1", port, "hall", 0)


async def test_who_is_not_let_in_for_long_gives_up():
    async with server(ACCEPTED[:20]) as to:
        with pytest.raises(EnterError, match="too long"):
            async with entering("127.0.0.1", to.port, within_s=0.1) as link:
                await link.upgrade("/ws/")


async def test_who_is_cancelled_on_the_way_in_leaves_no_socket():
    async with server(ACCEPTED[:20]) as to:
        task = asyncio.create_task(ChatDialect().enter("127.0.0.1", to.port, "hall", 0))
        while not to.received:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_name_is_not_looked_up():
    with pytest.raises(ValueError, match="localhost"):
        await ChatDialect().enter("localhost", 80, "hall", 0)


CHORUS_WAY_IN = [
    ACCEPTED + text(b'{"op":"hello","limits":{"requests_per_s":100}}'),
    text(b'{"op":"reply","id":1,"data":{}}'),
    text(b'{"op":"reply","id":2,"data":{"epoch":"k3x","seq":7,"recovered":true,"events":[{},{}]}}'),
]


async def test_chorus_is_spoken_byte_by_byte_and_says_where_one_ends_up():
    async with server(*CHORUS_WAY_IN) as to:
        joined = await ChorusDialect(["a", "b"]).join("127.0.0.1", to.port, "hall", 1, since=("k3x", 5))
        joined.socket.close()
    assert b"Sec-WebSocket-Protocol: chorus.v1.json\r\n" in to.received[0]
    assert to.received[1:] == [
        client_frame(b'{"op":"auth","id":1,"token":"b"}'),
        client_frame(b'{"op":"subscribe","id":2,"topic":"chat/hall","since":{"epoch":"k3x","seq":5}}'),
    ]
    assert (joined.epoch, joined.seq, joined.recovered, joined.changes) == ("k3x", 7, True, 2)
