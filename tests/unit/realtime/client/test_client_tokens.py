"""Who the client says it is: the tokens it shows, renews, and does not come back without."""

import asyncio
from typing import Any

from realtime.client import ConnectionState
from realtime.protocol import Auth


async def test_a_token_is_presented_when_the_server_knows_nobody(make_client, server):
    server.user, server.tokens = None, {"good": {"id": 7, "name": "jon"}}
    async with make_client(token="good") as client:
        await client.ready()
        assert client.user.name == "jon"
        assert [frame.token for frame in server.socket.of(Auth)] == ["good"]


async def test_nobody_and_no_token_closes(make_client, server, settle):
    server.user = None
    async with make_client() as client:
        await settle()
        assert (client.state, client.status.reason) == ("closed", "auth_missing")


async def test_a_refused_token_closes_at_once_if_there_is_no_other(make_client, server, settle):
    server.user = None
    async with make_client(token="bad") as client:
        await settle()
        assert (client.state, client.status.reason) == ("closed", "auth_failed")
        assert len(server.sockets) == 1


async def test_a_kept_token_that_is_refused_is_replaced_once(make_client, server, clock, settle):
    server.user, server.tokens = None, {"first": {"id": 7, "name": "jon"}}
    tokens = iter(["first", "second", "third"])
    async with make_client(token=lambda: next(tokens)) as client:
        await client.ready()
        server.tokens = {"second": {"id": 7, "name": "jon"}}
        server.socket.end(1006)
        await clock.advance(1)
        assert client.state is ConnectionState.CONNECTED
        assert [socket.of(Auth)[0].token for socket in server.sockets] == ["first", "first", "second"]
        server.tokens = {}
        server.socket.end(1006)
        await clock.advance(5)
        assert (client.state, client.status.reason) == ("closed", "auth_failed")


async def test_a_token_is_renewed_on_the_live_connection_before_it_ends(make_client, server, clock):
    server.user = None
    server.tokens = {name: {"id": 7, "name": "jon"} for name in ("t0", "t1", "t2")}
    numbers = iter(range(9))

    async def source() -> str:
        await asyncio.sleep(0)
        return f"t{next(numbers)}"

    async with make_client(token=source) as client:
        await client.ready()
        await clock.advance(224)
        assert len(server.socket.of(Auth)) == 1
        await clock.advance(2)
        assert [frame.token for frame in server.socket.of(Auth)] == ["t0", "t1"]
        await clock.advance(225)
        assert [frame.token for frame in server.socket.of(Auth)] == ["t0", "t1", "t2"]
        assert len(server.sockets) == 1


async def test_a_renewal_that_fails_is_tried_again(make_client, server, clock, settle):
    server.user, server.tokens = None, {"a": {"id": 7, "name": "jon"}}
    answers: list[Any] = ["a", OSError("no route"), "a"]

    def source() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async with make_client(token=source) as client:
        await client.ready()
        await clock.advance(226)
        assert len(server.socket.of(Auth)) == 1
        await clock.advance(5)
        assert len(server.socket.of(Auth)) == 2
        assert client.state is ConnectionState.CONNECTED


async def test_a_token_whose_time_is_over_is_replaced_before_coming_back(make_client, server, clock, settle):
    server.user = None
    server.tokens = {name: {"id": 7, "name": "jon"} for name in ("t0", "t1")}
    numbers = iter(range(9))
    async with make_client(token=lambda: f"t{next(numbers)}") as client:
        await client.ready()
        server.socket.end(4010)
        await clock.advance(0)
        assert client.state is ConnectionState.CONNECTED
        assert [socket.of(Auth)[0].token for socket in server.sockets] == ["t0", "t1"]


async def test_a_single_token_whose_time_is_over_closes(make_client, server, settle):
    server.user, server.tokens = None, {"only": {"id": 7, "name": "jon"}}
    async with make_client(token="only") as client:
        await client.ready()
        server.socket.end(4010)
        await settle()
        assert (client.state, client.status.reason, client.status.code) == ("closed", "auth_failed", 4010)


async def test_a_source_that_gives_no_token_is_asked_again(make_client, server, clock, settle):
    server.user, server.tokens = None, {"good": {"id": 7, "name": "jon"}}
    answers: list[Any] = [OSError("no route"), "good"]

    def source() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async with make_client(token=source) as client:
        await settle()
        assert (client.state, client.status.reason) == ("waiting", "no_token")
        await clock.advance(1)
        assert client.state is ConnectionState.CONNECTED


async def test_a_source_that_never_answers_is_given_up_with_its_connection(make_client, server, clock):
    server.user = None

    async def source() -> str:
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    async with make_client(token=source) as client:
        await clock.advance(20)
        assert client.state is ConnectionState.WAITING


async def test_another_user_than_before_closes_before_anything_is_sent(client, server, clock):
    await client.ready()
    await client.subscribe("chat/general")
    server.user = {"id": 43, "name": "eve"}
    server.socket.end(1006)
    await clock.advance(1)
    assert (client.state, client.status.reason) == ("closed", "user_changed")
    assert not server.socket.heard
