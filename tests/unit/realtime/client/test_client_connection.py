"""When the client connects, waits and stays away."""

import asyncio
from typing import Any

import pytest

from realtime.client import ClientClosed, ConnectionState, Disconnected, NoAnswer, Reason
from realtime.client.transport import DialError
from realtime.protocol import Ping, Send


def states(client: Any) -> list[tuple[str, str]]:
    seen: list[tuple[str, str]] = []
    client.listen(lambda status: seen.append((status.state.value, status.reason.value)))
    return seen


async def test_a_greeted_client_is_connected_and_knows_its_user(make_client, server):
    client = make_client()
    seen = states(client)
    client.start()
    await client.ready()
    assert seen == [("connecting", "started"), ("connected", "ready")]
    assert (client.user.id, client.connection_id) == (42, "c-1")
    await client.stop()
    assert seen[-1] == ("idle", "stopped")
    assert server.socket.ended == (1000, "")


async def test_what_it_says_at_the_door_is_what_it_was_given(make_client, server):
    async with make_client(headers={"Cookie": "sessionid=1"}, origin="https://site") as client:
        await client.ready()
        assert server.socket.address.headers == {"Cookie": "sessionid=1"}
        assert server.socket.address.origin == "https://site"


async def test_a_lost_connection_is_opened_again_after_a_wait(client, server, clock, settle):
    await client.ready()
    server.socket.end(1006)
    await settle()
    assert (client.state, client.status.reason, client.status.code) == ("waiting", "lost", 1006)
    assert client.status.retry_at == clock.now() + 0.25
    await clock.advance(0.2)
    assert len(server.sockets) == 1
    await clock.advance(0.1)
    assert client.state is ConnectionState.CONNECTED


async def test_waits_grow_to_their_cap_and_begin_anew_after_a_stable_minute(client, server, clock, settle):
    await client.ready()
    waits = []
    for _ in range(9):
        server.dial_errors.append(DialError(Reason.LOST, "refused"))
    server.socket.end(1006)
    for _ in range(10):
        await settle()
        waits.append(client.status.retry_at - clock.now())
        await clock.advance(waits[-1])
    assert waits == [0.25, 0.5, 1, 2, 4, 8, 10, 10, 10, 10]
    await clock.advance(59)
    server.socket.end(1006)
    await settle()
    assert client.status.retry_at - clock.now() == 10
    await clock.advance(10)
    await clock.advance(60)
    server.socket.end(1006)
    await settle()
    assert client.status.retry_at - clock.now() == 0.25


async def test_a_wait_can_be_cut_short(client, server, settle):
    await client.ready()
    server.socket.end(1006)
    await settle()
    client.retry_now()
    await settle()
    assert client.state is ConnectionState.CONNECTED


@pytest.mark.parametrize(
    ("reason", "wait_s"), [('{"retry_after_s": 12}', 12.25), ("soon", 0.25), ("[]", 0.25), ("5", 0.25)]
)
async def test_try_later_is_obeyed_if_it_says_when(client, server, clock, settle, reason, wait_s):
    await client.ready()
    server.socket.end(4001, reason)
    await settle()
    assert client.status.retry_at - clock.now() == wait_s


@pytest.mark.parametrize("code", [4500, 4501, 4503, 4504, 4508, 4509, 4999])
async def test_a_client_that_was_told_to_stay_away_does(client, server, clock, settle, code):
    await client.ready()
    server.socket.end(code)
    await clock.advance(3_600)
    assert (client.state, client.status.reason, client.status.code) == ("closed", "refused", code)
    assert len(server.sockets) == 1
    with pytest.raises(ClientClosed, match=str(code)):
        await client.ready()
    client.start()
    await settle()
    assert client.state is ConnectionState.CONNECTED


@pytest.mark.parametrize("code", [1000, 1001, 1009, 1011, 1012, 1013, 4000, 4008, 4009])
async def test_any_other_end_is_come_back_from(client, server, clock, code):
    await client.ready()
    server.socket.end(code)
    await clock.advance(1)
    assert client.state is ConnectionState.CONNECTED


async def test_no_network_is_told_apart_from_no_server(make_client, server, clock, settle):
    server.dial_errors = [DialError(Reason.NETWORK, "no route"), DialError(Reason.LOST, "busy", retry_after_s=7)]
    async with make_client() as client:
        await settle()
        assert (client.state, client.status.reason) == ("offline", "network")
        await clock.advance(0.25)
        assert (client.state, client.status.retry_at) == ("waiting", clock.now() + 7.25)


async def test_an_address_that_is_none_closes(make_client, server, settle):
    server.dial_errors = [DialError(Reason.BAD_URL, "isn't a valid URI")]
    async with make_client() as client:
        await settle()
        assert (client.state, client.status.reason) == ("closed", "bad_url")


async def test_a_door_that_never_opens_is_given_up(make_client, server, clock):
    server.dial_errors = [1.0]
    async with make_client() as client:
        await clock.advance(19)
        assert client.state is ConnectionState.CONNECTING
        await clock.advance(1)
        assert (client.state, client.status.reason) == ("waiting", "no_hello")


async def test_a_server_that_never_greets_is_given_up(make_client, server, clock):
    server.says_hello = False
    async with make_client() as client:
        await clock.advance(20)
        assert (client.state, client.status.reason) == ("waiting", "no_hello")


@pytest.mark.parametrize("raw", [b'{"op":"pong"}', b"<html>", b"[]"])
async def test_whoever_greets_otherwise_is_no_server_of_ours(make_client, server, settle, raw):
    server.says_hello = False
    async with make_client() as client:
        await settle()
        server.socket.push_raw(raw)
        await settle()
        assert (client.state, client.status.reason) == ("waiting", "protocol")


@pytest.mark.parametrize(
    "raw", [b'{"op":"sing"}', b"not json", b'{"op":"event"}', b'{"op":"reply","id":99,"data":1}', b"\xff"]
)
async def test_what_cannot_be_understood_later_is_passed_over(client, server, settle, raw):
    await client.ready()
    server.socket.push_raw(raw)
    await settle()
    assert client.state is ConnectionState.CONNECTED


async def test_an_error_without_an_id_ends_nothing(client, server, settle):
    await client.ready()
    server.error(server.socket, None, code="rate_limited", retryable=True)
    await settle()
    assert client.state is ConnectionState.CONNECTED


# --- heartbeat


async def test_a_silent_client_pings_and_a_pong_is_enough(client, server, clock):
    await client.ready()
    await clock.advance(24.9)
    assert not server.socket.of(Ping)
    await clock.advance(0.2)
    assert len(server.socket.of(Ping)) == 1
    await clock.advance(200)
    assert client.state is ConnectionState.CONNECTED
    assert len(server.socket.of(Ping)) == 9


async def test_no_ping_is_sent_while_there_is_something_to_say(client, server, clock):
    await client.ready()
    for _ in range(10):
        client.send("chat/general", "typing", {"active": True})
        await clock.advance(20)
    assert not server.socket.of(Ping)


async def test_nothing_within_ten_seconds_of_a_ping_means_lost(client, server, clock):
    await client.ready()
    server.deaf_to = (Ping,)
    await clock.advance(34)
    assert client.state is ConnectionState.CONNECTED
    await clock.advance(1)
    assert (client.state, client.status.reason) == ("waiting", "heartbeat_missed")
    assert server.socket.ended is not None


async def test_any_frame_counts_as_an_answer_to_a_ping(client, server, clock):
    await client.ready()
    server.deaf_to = (Ping,)
    for _ in range(5):
        await clock.advance(25)
        server.socket.push(op="event", topic="x", event="y", data={})
    await clock.advance(5)
    assert client.state is ConnectionState.CONNECTED


# --- requests


async def test_a_request_is_answered_and_its_refusal_is_raised(client, server):
    await client.ready()
    await client.subscribe("chat/general")
    assert await client.request("chat/general", "read", {"no": 3}) == {"echo": {"no": 3}}
    server.refusals = [{"code": "muted"}]
    with pytest.raises(Exception, match="muted") as caught:
        await client.request("chat/general", "read", {"no": 3})
    assert caught.value.wire_code == "muted"


async def test_requests_overlap_and_are_matched_by_id(client, server, settle):
    await client.ready()
    server.deaf_to = (Send,)
    asked = [asyncio.create_task(client.request("chat/general", "read", {"no": n})) for n in range(3)]
    await settle()
    for frame in reversed(server.socket.of(Send)):
        server.socket.push(op="reply", id=frame.id, data=frame.id)
    assert await asyncio.gather(*asked) == [frame.id for frame in server.socket.of(Send)]


async def test_a_request_without_a_connection_fails_at_once(make_client):
    with pytest.raises(Disconnected):
        await make_client().request("chat/general", "read", {"no": 3})


async def test_a_request_whose_connection_ends_fails_with_it(client, server, settle):
    await client.ready()
    server.deaf_to = (Send,)
    asked = asyncio.create_task(client.request("chat/general", "read", {"no": 3}))
    await settle()
    server.socket.end(1006)
    with pytest.raises(Disconnected):
        await asked


async def test_a_request_that_nobody_answers_fails_in_time(client, server, clock, settle):
    await client.ready()
    server.deaf_to = (Send,)
    asked = asyncio.create_task(client.request("chat/general", "read", {"no": 3}, timeout_s=5))
    await clock.advance(5)
    with pytest.raises(NoAnswer):
        await asked
    server.socket.push(op="reply", id=1, data="late")
    await settle()
    assert client.state is ConnectionState.CONNECTED


async def test_what_is_only_sent_is_dropped_without_a_connection(client, server, settle):
    assert client.send("chat/general", "typing", {"active": True}) is False
    await client.ready()
    assert client.send("chat/general", "typing", {"active": True}) is True
    await settle()
    assert server.socket.of(Send)[0].id is None


async def test_what_is_sent_in_one_go_arrives_in_order(client, server, settle):
    await client.ready()
    for n in range(100):
        client.send("t", "e", n)
    await settle()
    assert [int(bytes(frame.data)) for frame in server.socket.of(Send)] == list(range(100))


async def test_what_a_stuck_socket_does_not_take_is_dropped_beyond_a_limit(client, server, settle, monkeypatch):
    await client.ready()
    monkeypatch.setattr("realtime.client.wire.UNSENT_MAX", 3)
    server.stuck = True
    assert [client.send("t", "e", n) for n in range(5)] == [True, True, True, False, False]
    with pytest.raises(Disconnected):
        await client.request("t", "e", 5)
    await client.stop()


# --- resting


async def test_a_stopped_client_leaves_no_timer_and_no_task(make_client, server, clock, settle):
    before = asyncio.all_tasks()
    client = make_client()
    client.start()
    await client.ready()
    await client.subscribe("chat/general")
    await client.stop()
    await settle()
    assert asyncio.all_tasks() == before
    assert clock.pending == 0


async def test_a_connected_client_is_one_task_and_one_timer(make_client, server, clock, settle):
    before = asyncio.all_tasks()
    async with make_client() as client:
        await client.ready()
        await client.subscribe("chat/general")
        await settle()
        assert len(asyncio.all_tasks() - before) == 1
        assert clock.pending == 1


@pytest.mark.parametrize("moment", ["opening", "greeting", "waiting"])
async def test_a_client_can_be_stopped_at_any_moment_and_started_again(make_client, server, clock, settle, moment):
    server.says_hello = moment != "greeting"
    server.dial_errors = {"opening": [1.0], "waiting": [DialError(Reason.LOST, "refused")]}.get(moment, [])
    client = make_client()
    client.start()
    await settle()
    await client.stop()
    assert client.state is ConnectionState.IDLE
    server.says_hello = True
    client.start()
    await client.ready()
    await client.stop()
    assert clock.pending == 0


async def test_a_client_that_is_stopped_before_it_began_never_connects(make_client, server, settle):
    client = make_client()
    client.start()
    await client.stop()
    await settle()
    assert (client.state, server.sockets) == (ConnectionState.IDLE, [])


async def test_stopping_twice_and_starting_twice_do_no_harm(make_client, server, settle):
    client = make_client()
    await client.stop()
    client.start()
    client.start()
    await client.ready()
    assert len(server.sockets) == 1
    await asyncio.gather(client.stop(), client.stop())
    assert client.state is ConnectionState.IDLE


async def test_a_listener_that_throws_stops_nobody_and_one_that_left_hears_nothing(make_client, server):
    client = make_client()
    seen: list[Any] = []
    client.listen(lambda _: 1 / 0)
    remove = client.listen(seen.append)
    client.listen(lambda status: seen.append(status.state))
    remove()
    remove()
    async with client:
        await client.ready()
    assert seen == ["connecting", "connected", "idle"]


async def test_a_listener_may_start_again_what_was_closed(make_client, server, clock, settle):
    async with make_client() as client:
        await client.ready()
        client.listen(lambda status: client.start() if status.state == "closed" else None)
        server.socket.end(4504)
        await settle()
        assert client.state is ConnectionState.CONNECTED
