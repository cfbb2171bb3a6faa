"""Two workers on PostgreSQL and Redis: one is killed, all are replaced, the parent dies; nobody loses anything."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.realtime.people import WITHIN_S, Person, all_saw_the_same, people, readiness
from tests.support.chorus import ChorusServer
from tests.support.fixtures import starter
from tests.support.processes import refuses


@pytest.fixture(scope="module")
def cluster(request, databases, server_folder) -> Iterator[ChorusServer]:
    """Two workers, shared by this module: each test leaves two that serve."""
    with contextlib.ExitStack() as stack:
        yield starter(stack, request, databases, server_folder)("cluster")


@pytest.fixture
async def talking(cluster) -> AsyncIterator[list[Person]]:
    async with people(cluster, count=6) as crowd:
        yield crowd


def workers(server: ChorusServer) -> set[int]:
    """The parent's children that run."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            pid, _, rest = stat.read_text().partition(" (")
            state, parent = rest.rpartition(") ")[2].split()[:2]
            if int(parent) == server.pid and state != "Z":
                found.add(int(pid))
    return found


async def until(true: Callable[[], bool], within_s: float = WITHIN_S) -> None:
    async with asyncio.timeout(within_s):
        while not true():
            await asyncio.sleep(0.05)


async def talk(crowd: list[Person], posts: int, pause_s: float) -> None:
    async def one(number: int, person: Person) -> None:
        for post in range(posts):
            await person.post(f"{number}: {post}")
            await asyncio.sleep(pause_s)

    async with asyncio.timeout(60):
        await asyncio.gather(*(one(number, person) for number, person in enumerate(crowd)))


async def test_a_killed_worker_is_replaced_and_its_clients_come_back_and_lose_nothing(cluster, talking):
    before = workers(cluster)
    assert len(before) == 2
    conversation = asyncio.create_task(talk(talking, 25, 0.05))
    await asyncio.sleep(0.3)
    victim, other = sorted(before)
    os.kill(victim, signal.SIGKILL)
    await until(lambda: len(workers(cluster)) == 2 and victim not in workers(cluster))
    assert other in workers(cluster)
    await conversation
    await all_saw_the_same(talking, 6 * 25)
    # Those of the other worker noticed nothing.
    assert sum(not person.codes for person in talking) + sum(person.codes[:1] == [1006] for person in talking) == 6
    await until(lambda: readiness(cluster)[0] == 200)


async def test_a_rolling_restart_replaces_one_after_another_and_somebody_is_always_ready(cluster, talking):
    before = workers(cluster)
    answers: list[tuple[int, dict]] = []
    numbers: list[int] = []

    async def watch() -> None:
        while True:
            answers.append(await asyncio.to_thread(readiness, cluster))
            numbers.append(len(workers(cluster)))
            await asyncio.sleep(0.05)

    watching = asyncio.create_task(watch())
    conversation = asyncio.create_task(talk(talking, 60, 0.1))
    await asyncio.sleep(0.2)
    cluster.roll()
    await until(lambda: len(workers(cluster)) == 2 and not workers(cluster) & before)
    await conversation
    assert not watching.done()
    watching.cancel()
    assert [report for status, report in answers if status != 200] == []
    assert (min(numbers), max(numbers)) == (2, 3)
    await all_saw_the_same(talking, 6 * 60)
    # Everybody was sent on by a word, some twice; nobody was cut off.
    assert {code for person in talking for code in person.codes} == {4000}
    assert all(person.codes for person in talking)


async def test_a_stopped_cluster_sends_all_away_ends_by_itself_and_is_found_again(cluster, talking):
    conversation = asyncio.create_task(talk(talking, 20, 0.02))
    await asyncio.sleep(0.2)
    assert await asyncio.to_thread(cluster.restart) == 0
    for person in talking:
        person.client.retry_now()
    await conversation
    await all_saw_the_same(talking, 6 * 20)
    assert {person.codes[0] for person in talking} == {4000}


async def test_workers_whose_parent_was_killed_end_and_free_the_port(start_chorus):
    server = start_chorus("cluster")
    os.kill(server.pid, signal.SIGKILL)
    await until(lambda: refuses(server.port), 10)
