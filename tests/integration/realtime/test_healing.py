"""Redis is a wire, not a memory: frozen, killed, cut or not there at all, nothing is lost and it is only slower.

Two servers stand for two machines: they share PostgreSQL and Redis and nothing else. A third has no Redis.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

import pytest
from redis.asyncio import Redis

from tests.integration.realtime.people import Person, people, readiness
from tests.support.chorus import ChorusServer
from tests.support.fixtures import own_redis, starter
from tests.support.redis import RedisServer

# What is promised, and what a loaded machine may add.
WITHOUT_THE_WIRE_S = 3.0
FROM_OUTSIDE_S = 2.0
MARGIN_S = 1.5
# Well below the healing: a publication that took the wire.
BY_WIRE_S = 0.5


@dataclass
class Machines:
    one: ChorusServer
    two: ChorusServer
    alone: ChorusServer
    redis: RedisServer


@pytest.fixture(scope="module")
def machines(request, databases, server_folder) -> Iterator[Machines]:
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(own_redis(server_folder))
        start = starter(stack, request, databases, server_folder)
        shared = {"DATABASE_URL": databases.postgres()}
        one, two = (start("serve", **shared, REDIS_URL=redis.url) for _ in range(2))
        yield Machines(one, two, start("serve", **shared, REDIS_URL=""), redis)


@pytest.fixture
async def pair(machines):
    """One who writes on the first machine, one who reads on the second."""
    async with people(machines.one, machines.two, count=2) as crowd:
        yield crowd
        # Nobody noticed anything but a delay.
        assert [person.codes for person in crowd] == [[], []]
        assert len({tuple(person.texts) for person in crowd}) == 1


async def conversation(writer: Person, reader: Person, name: str, seconds: float) -> list[float]:
    """Post for a while; how late each post was read elsewhere. Every post is acknowledged in time."""
    acknowledged: dict[str, float] = {}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        text = f"{name} {len(acknowledged)}"
        async with asyncio.timeout(MARGIN_S):
            await writer.post(text)
        acknowledged[text] = time.time()
        await asyncio.sleep(0.1)
    for text in acknowledged:
        await reader.reads(text)
    return [reader.read_at[text] - at for text, at in acknowledged.items()]


async def broker_becomes(state: str, *servers: ChorusServer) -> None:
    async with asyncio.timeout(10):
        for server in servers:
            while (await asyncio.to_thread(readiness, server))[1]["broker"] != state:
                await asyncio.sleep(0.1)


async def freeze(redis: RedisServer) -> Callable[[], Awaitable[None]]:
    redis.freeze()

    async def thaw() -> None:
        redis.thaw()

    return thaw


async def kill(redis: RedisServer) -> Callable[[], Awaitable[None]]:
    await asyncio.to_thread(redis.kill)
    return lambda: asyncio.to_thread(redis.run)


@pytest.mark.parametrize("outage", [freeze, kill])
async def test_without_redis_posts_are_acknowledged_and_read_elsewhere_within_three_seconds(machines, pair, outage):
    writer, reader = pair
    await broker_becomes("ok", machines.one, machines.two)
    end_outage = await outage(machines.redis)
    try:
        delays = await conversation(writer, reader, "without", 3)
        await broker_becomes("degraded", machines.one, machines.two)
        for server in (machines.one, machines.two):
            status, report = await asyncio.to_thread(readiness, server)
            assert (status, report["ready"], report["database"]) == (200, True, "ok")
    finally:
        await end_outage()
    assert max(delays) <= WITHOUT_THE_WIRE_S + MARGIN_S
    await broker_becomes("ok", machines.one, machines.two)
    # The wire carries again, in both directions.
    for name, (one, other) in {"there": (writer, reader), "back": (reader, writer)}.items():
        await by_wire_again(one, other, name)


async def test_a_reader_cut_off_from_pubsub_unnoticed_misses_nothing(machines, pair):
    writer, reader = pair
    await broker_becomes("ok", machines.one, machines.two)

    async def cut() -> None:
        async with Redis.from_url(machines.redis.url) as client:
            for _ in range(6):
                await client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
                await asyncio.sleep(0.5)

    cutting = asyncio.create_task(cut())
    delays = await conversation(writer, reader, "cut", 3.5)
    await cutting
    # Some were lost on the wire (later ones tell at once that there is a hole), and none for long.
    assert max(delays) <= WITHOUT_THE_WIRE_S + MARGIN_S
    await by_wire_again(writer, reader, "again")


async def test_the_last_publication_before_a_silence_is_read_though_it_was_lost(machines, pair):
    """Nothing follows that would show the hole: the comparison with the log alone can find it."""
    writer, reader = pair
    async with Redis.from_url(machines.redis.url) as client:
        await client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        await writer.post("the last word")
        at = time.time()
    await reader.reads("the last word")
    assert reader.read_at["the last word"] - at <= FROM_OUTSIDE_S + MARGIN_S


async def test_a_server_without_redis_reads_within_two_seconds_what_others_write(machines):
    async with people(machines.one, machines.alone, count=2) as (writer, reader):
        delays = await conversation(writer, reader, "to the one alone", 1.5)
        assert max(delays) <= FROM_OUTSIDE_S + MARGIN_S
        back = await conversation(reader, writer, "from the one alone", 1.5)
        assert max(back) <= FROM_OUTSIDE_S + MARGIN_S


async def test_what_a_command_writes_beside_servers_on_postgresql_is_read_within_two_seconds(machines):
    async with people(machines.two, machines.alone, count=2) as readers:
        await written_beside(machines.alone, *readers)


@pytest.mark.parametrize("chorus", ["serve", "daphne"], indirect=True)
async def test_what_a_command_writes_beside_a_server_on_sqlite_is_read_within_two_seconds(chorus):
    async with people(chorus, count=1) as readers:
        await written_beside(chorus, *readers)


async def written_beside(server: ChorusServer, *readers: Person) -> None:
    """Have `manage.py shell` post without a broker, and compare when it had committed with when it was read."""
    slug = readers[0].topic.removeprefix("chat/")
    code = (
        "import time; from chat.services import message_post; from chat.models import Membership, Room;"
        f"room = Room.objects.get(slug={slug!r});"
        "member = Membership.objects.select_related('user').filter(room=room).first();"
        "message_post(room=room, author=member.user, text='from beside'); print(time.time())"
    )
    printed = await asyncio.to_thread(server.manage, "shell", "--no-imports", "-c", code)
    for reader in readers:
        await reader.reads("from beside")
        assert reader.read_at["from beside"] - float(printed) <= FROM_OUTSIDE_S + MARGIN_S


async def by_wire_again(writer: Person, reader: Person, name: str) -> None:
    """Groups are joined again a moment after the connection stands; then every post is quick."""
    async with asyncio.timeout(10):
        for attempt in itertools.count():
            if max(await conversation(writer, reader, f"{name} {attempt}", 0.3)) < BY_WIRE_S:
                return
