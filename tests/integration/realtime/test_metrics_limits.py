"""Each limit that keeps one client from hurting the others, hit on a real server: what is told, and what is counted."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Awaitable, Callable, Iterator

import pytest
from websockets.exceptions import ConnectionClosed

from tests.integration.realtime.metrics import CLOSED, ERRORS, LIMIT, OPEN, REFUSED, answer, guest, read, sample, until
from tests.integration.realtime.people import tokens
from tests.integration.realtime.sockets import WITHIN_S, Hall, open_hall
from tests.support.chorus import ChorusServer
from tests.support.fixtures import starter

TOKEN = "the-token-of-these-tests"
# Small enough to be hit in a moment. Who comes "through a proxy" comes from where the test says.
SMALL = {
    "CHORUS_PROXIES": "1",
    "CHORUS_LOOPBACK_IS_EXEMPT": "0",
    "CHORUS_METRICS_TOKEN": TOKEN,
    "CHORUS_CONNECTIONS_MAX": "8",
    "CHORUS_CONNECTS_PER_S": "15",
    "CHORUS_CONNECTS_PER_ADDRESS_PER_S": "1",
    "CHORUS_CONNECTIONS_PER_USER": "4",
    "CHORUS_HANDSHAKE_WITHIN_S": "1",
    "CHORUS_AUTH_WITHIN_S": "2",
    "CHORUS_MESSAGE_BYTES_MAX": "100000",
    "CHORUS_BAD_FRAMES": "5",
    "CHORUS_REQUESTS_PER_S": "100",
    "CHORUS_REQUESTS_BURST": "40",
    "CHORUS_REQUESTS_WAITING": "3",
    "CHORUS_TOPICS_PER_CONNECTION": "2",
    "CHORUS_SUBSCRIBES_PER_S": "10",
    "CHORUS_SUBSCRIBES_BURST": "10",
    "CHORUS_POSTS_PER_S": "2",
    "CHORUS_POSTS_BURST": "4",
    "CHORUS_BUDGET_BYTES": "20000",
}


@pytest.fixture(scope="module")
def hall(request, databases, server_folder) -> Iterator[Hall]:
    with contextlib.ExitStack() as stack:
        server = starter(stack, request, databases, server_folder)("serve", **SMALL)
        yield open_hall(server, "ada ben cleo dan eve", "open second third", STAFF)


STAFF = """
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
for name, one in user.items():
    User.objects.filter(pk=one.pk).update(is_staff=name == "eve")
    session = SessionStore()
    session[SESSION_KEY] = str(one.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = one.get_session_auth_hash()
    session._session_key = f"session-of-{one.username}"
    session.save(must_create=True)
"""


# --- limits: each brings about one, and gives what the client was told -------------------------------------


async def never_finishes_asking(hall: Hall) -> object:
    reader, writer = await asyncio.open_connection("127.0.0.1", hall.server.port)
    writer.write(b"GET /ws/ HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: ")
    with contextlib.suppress(ConnectionResetError):
        assert await reader.read() == b""
    writer.close()
    return "dropped"


async def comes_when_all_is_full(hall: Hall) -> object:
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(int(SMALL["CHORUS_CONNECTIONS_MAX"])):
            await stack.enter_async_context(guest(hall.server))
        return await turned_away(hall.server)


async def comes_with_too_many(hall: Hall) -> object:
    try:
        while True:
            for code in await asyncio.gather(*(turned_away(hall.server) for _ in range(5))):
                if code is not None:
                    return code
    finally:
        await asyncio.sleep(2)  # so that others may come again


async def comes_from_one_address_too_often(hall: Hall) -> object:
    while (code := await turned_away(hall.server, "10.2.0.1")) is None:
        pass
    return code


async def turned_away(server: ChorusServer, address: str | None = None) -> int | None:
    """The code a new connection is closed with before its hello; None if it is let in."""
    try:
        async with guest(server, address=address):
            return None
    except ConnectionClosed as closed:
        end = closed.rcvd
    assert end is not None
    assert json.loads(end.reason)["retry_after_s"] > 0
    return end.code


async def has_too_many_connections(hall: Hall) -> object:
    async with contextlib.AsyncExitStack() as stack:
        oldest = await stack.enter_async_context(guest(hall.server, hall.tokens["ada"]))
        for _ in range(int(SMALL["CHORUS_CONNECTIONS_PER_USER"])):
            await stack.enter_async_context(guest(hall.server, hall.tokens["ada"]))
        return await oldest.ended()


async def never_says_who_they_are(hall: Hall) -> object:
    async with guest(hall.server) as one:
        return await one.ended()


async def sends_a_huge_message(hall: Hall) -> object:
    async with guest(hall.server, hall.tokens["ada"]) as one:
        with contextlib.suppress(ConnectionClosed):  # the server does not wait for its end
            await one.put("x" * 200_000)
        return await one.ended()


async def sends_a_large_frame(hall: Hall) -> object:
    async with guest(hall.server, hall.tokens["ada"]) as one:
        await one.put("x" * 70_000)
        return (await one.next())["code"]


async def sends_nonsense(hall: Hall) -> object:
    async with guest(hall.server, hall.tokens["ada"]) as one:
        for _ in range(int(SMALL["CHORUS_BAD_FRAMES"]) + 1):
            await one.put("nonsense")
        return await one.ended()


async def asks_too_often(hall: Hall) -> object:
    async with guest(hall.server, hall.tokens["ada"]) as one:
        for _ in range(100):
            await one.put({"op": "ping"})
        return (await one.until(lambda frame: frame["op"] == "error"))["code"]


async def does_not_stop_asking(hall: Hall) -> object:
    async with guest(hall.server, hall.tokens["ada"]) as one:
        ended = asyncio.create_task(one.ended())
        with contextlib.suppress(ConnectionClosed):
            while not ended.done():
                for _ in range(50):
                    await one.put({"op": "ping"})
                await asyncio.sleep(0.005)  # or nothing is read here, and it ends as a slow consumer
        return await ended


async def asks_one_topic_too_much(hall: Hall) -> object:
    topic = hall.topic("open")
    async with guest(hall.server, hall.tokens["ben"]) as one:
        while True:  # whether they meet in the queue is a matter of moments
            ids = [await one.begin("subscribe", topic=topic)]
            ids += [await one.begin("unsubscribe", topic=topic) for _ in range(10)]
            answers = [await one.next() for _ in ids]
            if refused := [frame for frame in answers if "waiting" in frame.get("message", "")]:
                return refused[0]["code"]
            await asyncio.sleep(0.2)


async def subscribes_to_too_much(hall: Hall) -> object:
    async with guest(hall.server, hall.tokens["cleo"]) as one:
        for room in ("open", "second"):
            await one.done("subscribe", topic=hall.topic(room))
        return (await one.ask("subscribe", topic=hall.topic("third")))["code"]


async def subscribes_and_leaves_in_a_loop(hall: Hall) -> object:
    topic = hall.topic("open")
    async with guest(hall.server, hall.tokens["dan"]) as one:
        while (frame := await one.ask("subscribe", topic=topic))["op"] == "reply":
            await one.done("unsubscribe", topic=topic)
        assert frame["retry_after_s"] > 0
        return frame["code"]


async def posts_too_often(hall: Hall) -> object:
    topic = hall.topic("open")
    async with guest(hall.server, hall.tokens["eve"]) as one:
        await one.done("subscribe", topic=topic)
        while True:
            frame = await one.ask("send", topic=topic, event="message.post", data={"text": "again"})
            if frame["op"] == "error":
                return frame["code"]


async def does_not_read(hall: Hall) -> object:
    room, (reader, writer) = await asyncio.to_thread(tokens, hall.server, 2)
    topic = f"chat/{room}"
    # What the kernels hold is sent, for all the server knows: let it be little.
    tiny = socket.socket()
    tiny.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    tiny.setblocking(False)
    await asyncio.get_running_loop().sock_connect(tiny, ("127.0.0.1", hall.server.port))
    async with guest(hall.server, reader, sock=tiny) as lazy, guest(hall.server, writer) as busy:
        await lazy.done("subscribe", topic=topic)
        await busy.done("subscribe", topic=topic)
        lazy.connection.transport.pause_reading()
        slow = sample(LIMIT, "budget_bytes")
        before = (await read(hall.server))[slow]
        while (await read(hall.server))[slow] == before:
            for _ in range(10):
                await busy.post(topic, "\N{SNAIL}" * 4_000)
                await asyncio.sleep(0.01)
        lazy.connection.transport.resume_reading()
        return await lazy.ended()


LIMITS: dict[str, tuple[Callable[[Hall], Awaitable[object]], object]] = {
    "handshake_within_s": (never_finishes_asking, "dropped"),
    "connections_max": (comes_when_all_is_full, 4001),
    "connects_per_address_per_s": (comes_from_one_address_too_often, 4001),
    "connects_per_s": (comes_with_too_many, 4001),
    "connections_per_user": (has_too_many_connections, 4504),
    "auth_within_s": (never_says_who_they_are, 4501),
    "message_bytes_max": (sends_a_huge_message, 1009),
    "frame_bytes": (sends_a_large_frame, "too_large"),
    "bad_frames": (sends_nonsense, 4508),
    "requests_per_s": (asks_too_often, "rate_limited"),
    "requests_flood": (does_not_stop_asking, 4508),
    "requests_waiting": (asks_one_topic_too_much, "rate_limited"),
    "topics_per_connection": (subscribes_to_too_much, "invalid"),
    "subscribes_per_s": (subscribes_and_leaves_in_a_loop, "rate_limited"),
    "posts_per_s": (posts_too_often, "rate_limited"),
    "budget_bytes": (does_not_read, 4008),
}


def where_it_counts(limit: str, told: object) -> list[str]:
    """The limit itself, and beside it what it led to."""
    if told == 4001:
        return [sample(LIMIT, limit), sample(REFUSED, limit)]
    if isinstance(told, int):
        return [sample(LIMIT, limit), sample(CLOSED, str(told))]
    return [sample(LIMIT, limit), *([sample(ERRORS, str(told))] if told != "dropped" else [])]


@pytest.mark.parametrize("limit", LIMITS)
async def test_who_runs_into_a_limit_is_told_and_counted(hall, limit):
    run_into, expected = LIMITS[limit]
    before = await until(hall.server, lambda metrics: metrics[OPEN] == 0)
    async with asyncio.timeout(3 * WITHIN_S):
        assert await run_into(hall) == expected
    names = where_it_counts(limit, expected)
    after = await until(hall.server, lambda metrics: all(metrics[name] > before[name] for name in names))
    assert after[sample(ERRORS, "internal")] == 0


async def test_every_limit_there_is_is_run_into_above(hall):
    metrics = await read(hall.server)
    assert {sample(LIMIT, limit) for limit in LIMITS} == {name for name in metrics if name.startswith(LIMIT)}


# --- who may read --------------------------------------------------------------------------------------


async def test_only_the_machine_itself_the_token_and_staff_may_read(hall):
    elsewhere = {"X_Forwarded_For": "198.51.100.7"}
    sessions = {name: f"sessionid=session-of-{called(hall, name)}" for name in ("ada", "eve")}
    for headers, status in [
        ({}, 200),
        (elsewhere, 403),
        ({"X_Forwarded_For": "127.0.0.1"}, 403),
        ({"X_Forwarded_For": "127.0.0.1, 198.51.100.7"}, 403),
        ({"Forwarded": "for=127.0.0.1"}, 403),
        ({**elsewhere, "Authorization": f"Bearer {TOKEN}"}, 200),
        ({**elsewhere, "Authorization": "Bearer no"}, 403),
        ({**elsewhere, "Cookie": sessions["ada"]}, 403),
        ({**elsewhere, "Cookie": sessions["eve"]}, 200),
        # Whatever it is called.
        ({"Host": "10.0.0.1:8000"}, 200),
    ]:
        assert (await asyncio.to_thread(answer, hall.server, **headers))[0] == status, headers


def called(hall: Hall, name: str) -> str:
    """The user name that `open_hall` gave somebody: as it did with the rooms."""
    return f"{name}{hall.rooms['open'].removeprefix('open')}"
