"""The client's socket against a real one: what the `websockets` library and the kernel make of it."""

import asyncio
import http
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import pytest
from websockets.asyncio.server import Request, Response, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.typing import Subprotocol

from realtime.client import ConnectionState, RealtimeClient, Reason
from realtime.client.transport import Address, DialError, SocketEnded, dial
from realtime.protocol import JSON, MSGPACK, HelloLimits, Send, User, encode
from realtime.protocol.frames import Hello
from tests.support.ports import free_port

Handler = Callable[[ServerConnection], Awaitable[None]]
HELLO = encode(Hello("c-1", User(42, "mara"), 25, HelloLimits(65_536, 100, 100))).decode()


@pytest.fixture
async def serving() -> AsyncIterator[Callable[..., Awaitable[str]]]:
    servers = []

    async def start(handler: Handler, **options: Any) -> str:
        options.setdefault("subprotocols", ["chorus.v1.json"])
        server = await serve(handler, "127.0.0.1", 0, compression=None, **options)
        servers.append(server)
        return f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws/"

    yield start
    for server in servers:
        server.close()
        await server.wait_closed()


async def test_it_offers_the_subprotocol_and_what_it_was_given_and_no_compression(serving):
    seen: list[Headers] = []

    async def handler(connection: ServerConnection) -> None:
        assert connection.request is not None
        seen.append(connection.request.headers)
        await connection.send(connection.subprotocol or "none")

    socket = await dial(Address(await serving(handler), {"Cookie": "sessionid=1"}, "https://site.example"))
    assert await socket.receive() == b"chorus.v1.json"
    await socket.close()
    assert (seen[0]["Cookie"], seen[0]["Origin"]) == ("sessionid=1", "https://site.example")
    assert "Sec-WebSocket-Extensions" not in seen[0]


async def test_frames_go_as_text_and_come_as_bytes_of_any_length(serving):
    async def handler(connection: ServerConnection) -> None:
        async for message in connection:
            assert isinstance(message, str)
            await connection.send(message * 2)

    socket = await dial(Address(await serving(handler, max_size=None), {}))
    text = "é😀" * 300_000
    await socket.send(text.encode())
    assert await socket.receive() == (text * 2).encode()
    await socket.close()


@pytest.mark.parametrize("known", [["chorus.v1.msgpack", "chorus.v1.json"], ["chorus.v1.json"], []])
async def test_messagepack_is_spoken_where_the_server_knows_it_and_json_elsewhere(serving, known):
    heard: list[str | bytes] = []

    async def handler(connection: ServerConnection) -> None:
        packed = connection.subprotocol == MSGPACK.subprotocol
        hello = MSGPACK.encode(JSON.decode_server(HELLO)) if packed else HELLO
        await connection.send(hello)
        heard.append(await connection.recv())
        await connection.wait_closed()

    def the_clients_first(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        return next((name for name in offered if name in known), None)

    url = await serving(handler, select_subprotocol=the_clients_first, subprotocols=known or None)
    async with RealtimeClient(url, encoding="msgpack") as client, asyncio.timeout(10):
        await client.ready()
        client.send("t", "typing", {"active": True})
        while not heard:
            await asyncio.sleep(0.01)
    (message,) = heard
    encoding = MSGPACK if len(known) == 2 else JSON
    frame = encoding.receive(message, 65_536)
    assert isinstance(frame, Send)
    assert encoding.decode_data(frame.data, dict) == {"active": True}


async def test_compression_is_offered_when_it_is_asked_for_and_each_message_stands_alone(serving):
    seen: list[Headers] = []

    async def handler(connection: ServerConnection) -> None:
        assert connection.request is not None
        seen.append(connection.request.headers)
        assert connection.protocol.extensions
        for _ in range(3):
            await connection.send("x" * 10_000)
        await connection.send(await connection.recv())

    extension = ServerPerMessageDeflateFactory()
    socket = await dial(Address(await serving(handler, extensions=[extension]), {}, compression=True))
    assert [await socket.receive() for _ in range(3)] == [b"x" * 10_000] * 3
    await socket.send(b"y" * 10_000)
    assert await socket.receive() == b"y" * 10_000
    offered = seen[0]["Sec-WebSocket-Extensions"]
    assert offered.startswith("permessage-deflate; server_no_context_takeover; client_no_context_takeover")
    await socket.close()


async def test_the_servers_code_and_reason_arrive(serving):
    async def handler(connection: ServerConnection) -> None:
        await connection.close(4001, '{"retry_after_s": 12}')

    socket = await dial(Address(await serving(handler), {}))
    with pytest.raises(SocketEnded) as caught:
        await socket.receive()
    assert (caught.value.code, caught.value.reason) == (4001, '{"retry_after_s": 12}')
    with pytest.raises(SocketEnded):
        await socket.send(b"x")


async def test_a_connection_that_breaks_or_is_aborted_ends_with_1006(serving):
    async def handler(connection: ServerConnection) -> None:
        if await connection.recv() == "break":
            connection.transport.abort()
        await connection.wait_closed()

    url = await serving(handler)
    for words, abort in ((b"break", False), (b"stay", True)):
        socket = await dial(Address(url, {}))
        await socket.send(words)
        if abort:
            socket.abort()
        with pytest.raises(SocketEnded) as caught:
            await socket.receive()
        assert caught.value.code == 1006


async def test_a_server_that_refuses_over_http_says_when_to_come_again(serving):
    def refuse(connection: ServerConnection, request: Request) -> Response:
        response = connection.respond(http.HTTPStatus.SERVICE_UNAVAILABLE, "draining")
        response.headers["Retry-After"] = "7"
        return response

    async def handler(connection: ServerConnection) -> None:
        raise AssertionError

    with pytest.raises(DialError) as caught:
        await dial(Address(await serving(handler, process_request=refuse), {}))
    assert (caught.value.reason, caught.value.retry_after_s) == (Reason.LOST, 7.0)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ws://127.0.0.1:{port}/ws/", Reason.LOST),
        ("ws://no-such-host.invalid/ws/", Reason.NETWORK),
        ("127.0.0.1/ws/", Reason.BAD_URL),
    ],
)
async def test_what_does_not_come_about_is_told_by_its_reason(url, reason):
    with pytest.raises(DialError) as caught:
        await dial(Address(url.format(port=free_port()), {}))
    assert caught.value.reason is reason


async def test_something_that_speaks_no_websocket_is_lost_and_not_fatal():
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(DialError) as caught:
        await dial(Address(f"ws://127.0.0.1:{port}/", {}))
    assert caught.value.reason is Reason.LOST
    server.close()
    await server.wait_closed()


async def test_a_client_comes_back_to_a_server_that_was_away(serving):
    async def handler(connection: ServerConnection) -> None:
        await connection.send(HELLO)
        await connection.wait_closed()

    port = free_port()
    client = RealtimeClient(f"ws://127.0.0.1:{port}/ws/", random=lambda: 0.2)
    async with client:
        away = asyncio.Event()
        client.listen(lambda status: away.set() if status.state == "waiting" else None)
        await asyncio.wait_for(away.wait(), 10)
        server = await serve(handler, "127.0.0.1", port, compression=None)
        await asyncio.wait_for(client.ready(), 10)
        client.drop_connection()
        assert client.state is ConnectionState.CONNECTED  # until the loop hears of it
        await asyncio.sleep(0.01)
        await asyncio.wait_for(client.ready(), 10)
    server.close()
    await server.wait_closed()


async def test_hundreds_of_clients_in_one_process_come_and_go(serving):
    async def handler(connection: ServerConnection) -> None:
        await connection.send(HELLO)
        await connection.wait_closed()

    url = await serving(handler)
    clients = [RealtimeClient(url) for _ in range(300)]
    for client in clients:
        client.start()
    await asyncio.wait_for(asyncio.gather(*(client.ready() for client in clients)), 30)
    await asyncio.wait_for(asyncio.gather(*(client.stop() for client in clients)), 30)
    assert {client.state for client in clients} == {ConnectionState.IDLE}
    await asyncio.sleep(0)
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("realtime client")]
