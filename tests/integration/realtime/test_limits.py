"""The limits of a connection and of a user, on real servers with the defaults, and what lies beyond each."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed

from tests.integration.realtime.sockets import WITHIN_S, Hall, Sock, open_hall, sock
from tests.support.chorus import SHAPES
from tests.support.fixtures import starter

TOPICS = 100
REQUESTS_PER_S, REQUESTS_BURST = 100, 200
POSTS_PER_S, POSTS_BURST = 20, 60
CONNECTIONS = 100
BAD_FRAMES = 50
# Shorter than the default, so that nobody has to wait for it.
AUTH_WITHIN_S = 2.0
# Deadlines are looked at once a second; the rest is for a machine with other work.
LATE_S = 3.0

ROOMS = """
for number in range(100):
    slug = f"{room['open'].slug}-{number}"
    room[f"room-{number}"] = room_create(owner=None, slug=slug, name=slug)
"""


@pytest.fixture(scope="module", params=list(SHAPES))
def hall(request, databases, server_folder) -> Iterator[Hall]:
    with contextlib.ExitStack() as stack:
        start = starter(stack, request, databases, server_folder)
        server = start(request.param, CHORUS_AUTH_WITHIN_S=f"{AUTH_WITHIN_S:g}")
        yield open_hall(server, "ada ben cleo dan", "open", ROOMS)


def per_process(hall: Hall, number: float) -> float:
    """What is counted by each process alone may come so often from all of them."""
    return number * hall.server.shape.workers


async def asked(one: Sock, op: str, frames: list[dict]) -> list[dict]:
    """Send all in one go; the answers in the order of the requests."""
    ids = [await one.begin(op, **frame) for frame in frames]
    answers: dict[int, dict] = {}
    while len(answers) < len(ids):
        frame = await one.next()
        if frame.get("id") in ids:
            answers[frame["id"]] = frame
    return [answers[number] for number in ids]


def codes(answers: list[dict]) -> list[str]:
    return [answer.get("code", "reply") for answer in answers]


# --- a connection ---------------------------------------------------------------------------------


async def test_who_never_authenticates_is_sent_away_however_lively(hall):
    began = time.monotonic()
    async with sock(hall.server) as silent, sock(hall.server) as lively:
        assert lively.frames[0]["auth_within_s"] == AUTH_WITHIN_S
        with contextlib.suppress(ConnectionClosed):
            while True:
                await lively.pong()
                await asyncio.sleep(0.2)
        assert lively.connection.close_code == 4501
        assert await silent.ended() == 4501
    assert AUTH_WITHIN_S - 0.1 < time.monotonic() - began < AUTH_WITHIN_S + LATE_S


async def test_the_topic_after_the_last_is_refused_and_a_place_that_is_left_can_be_taken(hall):
    async with hall.sock("ada") as one:
        topics = [hall.topic(f"room-{number}") for number in range(TOPICS)]
        assert codes(await asked(one, "subscribe", [{"topic": topic} for topic in topics])) == ["reply"] * TOPICS
        refused = await one.ask("subscribe", topic=hall.topic("open"))
        assert (refused["code"], refused["field"]) == ("invalid", "topic")
        # The same for what is not there: the limit comes first, and says nothing about rooms.
        assert (await one.ask("subscribe", topic="chat/no-such-room"))["code"] == "invalid"
        # One of those that are held may be subscribed to again.
        await one.done("subscribe", topic=topics[0])
        await one.done("unsubscribe", topic=topics[1])
        await one.lives(hall.topic("open"))


async def test_ten_thousand_topics_in_one_go_are_each_answered_and_the_connection_lives(hall):
    async with hall.sock("ada") as one:
        topics = [hall.topic(f"room-{number}") for number in range(TOPICS)]
        topics += [f"chat/none-{number}" for number in range(10_000 - TOPICS)]
        answers = await asked(one, "subscribe", [{"topic": topic} for topic in topics])
        assert codes(answers[:TOPICS]) == ["reply"] * TOPICS
        assert set(codes(answers[TOPICS:])) == {"invalid", "rate_limited"}
        await asyncio.sleep(0.5)
        await one.pong()
        posted = await one.post(topics[0], "still here")
        await one.sees(topics[0], posted["seq"])


async def test_a_burst_of_requests_passes_and_the_rest_is_told_when_to_come(hall):
    async with hall.sock("ada") as one:
        await asyncio.sleep(0.1)  # what `auth` took is back
        began = time.monotonic()
        frame = {"topic": "none", "event": "none", "data": {}}
        answers = await asked(one, "send", [frame] * (3 * REQUESTS_BURST))
        took_s = time.monotonic() - began
        passed = codes(answers).count("not_subscribed")
        assert REQUESTS_BURST <= passed <= REQUESTS_BURST + REQUESTS_PER_S * took_s + 1
        refused = [answer for answer in answers if answer["code"] == "rate_limited"]
        assert passed + len(refused) == len(answers)
        for answer in refused:
            assert answer["retryable"] is True
            assert 0 < answer["retry_after_s"] <= 2 / REQUESTS_PER_S
        await asyncio.sleep(refused[-1]["retry_after_s"] + 0.1)
        await one.lives(hall.topic("open"))


async def test_a_steady_hundred_a_second_is_never_refused(hall):
    async with hall.sock("ada") as one:
        began = time.monotonic()
        for n in range(150):
            await asyncio.sleep(max(0.0, began + n / REQUESTS_PER_S - time.monotonic()))
            assert (await one.ask("unsubscribe", topic="none"))["code"] == "not_subscribed"


async def test_bad_frames_are_answered_until_they_are_abuse(hall):
    async with hall.sock("ada") as bad, hall.sock("ada") as good:
        for _ in range(BAD_FRAMES):
            await bad.put("nonsense")
            assert (await bad.next())["code"] == "bad_frame"
        await bad.lives(hall.topic("open"))
        await bad.put("nonsense")
        assert await bad.ended() == 4508
        await good.lives(hall.topic("open"))


async def test_a_flood_is_answered_until_it_is_abuse_and_nobody_else_notices(hall):
    async with hall.sock("ada") as wild, hall.sock("ben") as calm:

        async def flood() -> None:
            with contextlib.suppress(ConnectionClosed):
                while True:
                    for _ in range(100):
                        await wild.put('{"op":"ping"}')
                    await asyncio.sleep(0.01)  # or it reads nothing, and ends as a slow consumer

        flooding = asyncio.create_task(flood())
        ended = asyncio.create_task(wild.ended())
        while not ended.done():
            async with asyncio.timeout(WITHIN_S):
                await calm.pong()
            await asyncio.sleep(0.05)
        await flooding
        assert await ended == 4508
        refused = sum(frame.get("code") == "rate_limited" for frame in wild.frames)
        assert refused >= 100 * REQUESTS_BURST
        await calm.lives(hall.topic("open"))


# --- a user ---------------------------------------------------------------------------------------


async def test_a_user_posts_so_often_over_all_connections_and_others_are_not_held_up(hall):
    topic = hall.topic("open")
    async with contextlib.AsyncExitStack() as stack:
        mine = [await stack.enter_async_context(hall.sock("cleo")) for _ in range(4)]
        other = await stack.enter_async_context(hall.sock("ben"))
        for one in (*mine, other):
            await one.done("subscribe", topic=topic)
        began = time.monotonic()
        posts = [{"topic": topic, "event": "message.post", "data": {"text": f"post {n}"}} for n in range(40)]
        lists = await asyncio.gather(*(asked(one, "send", posts) for one in mine))
        answers = [answer for some in lists for answer in some]
        took_s = time.monotonic() - began
        passed = codes(answers).count("reply")
        assert POSTS_BURST <= passed <= per_process(hall, POSTS_BURST + POSTS_PER_S * took_s + 1)
        refused = [answer for answer in answers if answer["op"] == "error"]
        assert {answer["code"] for answer in refused} == {"rate_limited"}
        assert all(0 < answer["retry_after_s"] <= 2 / POSTS_PER_S for answer in refused)
        await other.post(topic, "not held up")
        await asyncio.sleep(refused[-1]["retry_after_s"] + 0.1)
        await mine[0].pong()


@pytest.mark.parametrize("hall", ["cluster"], indirect=True)
async def test_in_the_long_run_the_rate_of_posts_holds_over_all_processes(hall):
    """Processes tell each other at each check what was spent: a burst of each may pass, the rate only once."""
    topic = hall.topic("open")
    async with contextlib.AsyncExitStack() as stack:
        mine = [await stack.enter_async_context(hall.sock("dan")) for _ in range(4)]
        for one in mine:
            await one.done("subscribe", topic=topic)
        began = time.monotonic()

        async def post_on(one: Sock) -> int:
            passed = 0
            while time.monotonic() - began < 6:
                frame = {"topic": topic, "event": "message.post", "data": {"text": "again"}}
                passed += codes([await one.ask("send", **frame)]).count("reply")
                await asyncio.sleep(0.02)
            return passed

        passed = sum(await asyncio.gather(*map(post_on, mine)))
        took_s = time.monotonic() - began
    assert POSTS_BURST <= passed <= per_process(hall, POSTS_BURST) + POSTS_PER_S * (took_s + 2)


async def test_of_two_hundred_sockets_of_a_user_the_oldest_go_and_the_newest_live(hall):
    async with contextlib.AsyncExitStack() as stack:
        bystander = await stack.enter_async_context(hall.sock("ben"))

        async def hundred() -> list[Sock]:
            return await asyncio.gather(*(stack.enter_async_context(hall.sock("ada")) for _ in range(CONNECTIONS)))

        socks = [*await hundred(), *await hundred()]
        ended = [asyncio.create_task(one.ended()) for one in socks]
        most = int(per_process(hall, CONNECTIONS))
        async with asyncio.timeout(WITHIN_S):
            while sum(not task.done() for task in ended) > most:
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)
        gone = [number for number, task in enumerate(ended) if task.done()]
        assert {await ended[number] for number in gone} <= {4504}
        if hall.server.shape.workers == 1:
            # The first hundred, in whatever order they came.
            assert gone == list(range(CONNECTIONS))
        assert 2 * CONNECTIONS - most <= len(gone) <= CONNECTIONS
        for number in set(range(2 * CONNECTIONS)) - set(gone):
            ended[number].cancel()
            await socks[number].put('{"op":"ping"}')
        await bystander.lives(hall.topic("open"))
        for number in set(range(2 * CONNECTIONS)) - set(gone):
            await socks[number].until(lambda frame: frame["op"] == "pong")
