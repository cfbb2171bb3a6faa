"""Every system on a port of its own: two clients enter, one speaks, both hear it, and nothing is left behind."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import pytest

from benchmarks.processes import cpu_s, family, memory
from benchmarks.systems import SYSTEMS, Crowd, Place, Running, System, start
from benchmarks.systems.programs import node_versions, peers_versions
from loadtest.dialect import Dialect
from loadtest.frames import Opcode, take_frame
from tests.support.ports import free_port
from tests.support.processes import RUNNING, refuses

WITHIN_S = 20.0
HOST = "127.0.0.1"
CPU = min(os.sched_getaffinity(0))
# Room 0 has the even numbers, room 1 the odd ones.
CROWD = Crowd(600, 2)


@dataclass(frozen=True)
class Open:
    """A system that runs, and how its clients speak."""

    running: Running
    dialect: Dialect


Begin = Callable[[System], Open]


# Of the forms that Chorus is read in, the one that is all of them at once.
TRIED = [name for name in SYSTEMS if name not in {"chorus-msgpack", "chorus-deflate"}]


@pytest.fixture(params=TRIED)
def system(request) -> System:
    return SYSTEMS[request.param]


@pytest.fixture(scope="module")
def invited(redis_url, databases) -> Callable[[System], tuple[str, Sequence[str]]]:
    """The database of a system with the crowd in it, and the crowd's tokens: made once, for all tests here."""
    urls = {"": str, "postgresql": databases.postgres, "sqlite": databases.sqlite}

    @cache
    def invite(system: System) -> tuple[str, Sequence[str]]:
        url = urls[system.database]()
        return url, system.invite(Place(0, redis_url, url), CROWD)

    return invite


@pytest.fixture
def begin(redis_url, invited, tmp_path) -> Iterator[Begin]:
    """Starts systems, each on a Redis database of all tests and a log of its own, and ends them with the test."""
    with ExitStack() as stack:
        yield partial(begun, stack, redis_url, invited, tmp_path)


@pytest.fixture(scope="module", params=TRIED)
def to(request, redis_url, invited, tmp_path_factory) -> Iterator[Open]:
    """Each system in turn, running for all tests that only talk to it."""
    with ExitStack() as stack:
        yield begun(stack, redis_url, invited, tmp_path_factory.mktemp("systems"), SYSTEMS[request.param])


def begun(stack: ExitStack, redis_url: str, invited, folder: Path, system: System) -> Open:
    url, tokens = invited(system)
    running = start(system, Place(free_port(), redis_url, url), cpu={CPU}, log_path=folder / f"{system.name}.log")
    return Open(stack.enter_context(running), system.dialect(tokens))


async def heard(connection: socket.socket, number: int) -> bytes:
    """The message of this number, read as the load reads it: what else is said has no mark."""
    buffer = bytearray()
    while True:
        while (frame := take_frame(buffer)) is not None:
            if frame[0] in {Opcode.TEXT, Opcode.BINARY} and b"#" in frame[1]:
                assert str(number).encode() in frame[1]
                return frame[1]
        data = await asyncio.get_running_loop().sock_recv(connection, 65_536)
        assert data, "the server hung up"
        buffer += data


def cpus_of(pid: int) -> set[int]:
    """Where any of its threads may run."""
    threads = [int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()]
    return set().union(*(os.sched_getaffinity(thread) for thread in threads))


async def enter_all(to: Open, room: int, count: int) -> list[socket.socket]:
    numbers = range(room, room + 2 * count, 2)
    entering = [to.dialect.enter(HOST, to.running.port, CROWD.room(number), number) for number in numbers]
    return await asyncio.wait_for(asyncio.gather(*entering), WITHIN_S)


async def say_and_hear(to: Open, speaker: socket.socket, hearers: list[socket.socket], number: int) -> None:
    template = to.dialect.message(CROWD.room(0), 100)
    await asyncio.get_running_loop().sock_sendall(speaker, template.numbered(number))
    texts = await asyncio.wait_for(asyncio.gather(*(heard(hearer, number) for hearer in hearers)), WITHIN_S)
    assert all(f"#{number:010d} the".encode() in text and text.count(b"#") == 1 for text in texts)


async def test_who_is_in_the_room_hears_every_message_and_nobody_else_does(to):
    members = await enter_all(to, 0, 2)
    (stranger,) = await enter_all(to, 1, 1)
    try:
        await say_and_hear(to, members[0], members, 1_000_004_711)
        await say_and_hear(to, members[1], members, 9_876_543_210)
        with pytest.raises(BlockingIOError):
            stranger.recv(1)
        assert not any(connection.getblocking() for connection in members)
    finally:
        for connection in [*members, stranger]:
            connection.close()


async def test_of_a_crowd_that_comes_at_once_nobody_is_refused_or_forgotten(to):
    members = await enter_all(to, 0, 300)
    try:
        await say_and_hear(to, members[7], members, 1_000_000_042)
    finally:
        for connection in members:
            connection.close()


async def test_a_system_runs_where_it_was_put_and_leaves_nothing_even_with_clients_there(system, begin):
    to = begin(system)
    running, pids = to.running, to.running.pids()
    members = await enter_all(to, 0, 2)
    try:
        assert {cpu for pid in pids for cpu in cpus_of(pid)} == {CPU}
        assert pids[0] == running.pid
        assert cpu_s(pids) > 0.01
        assert 1_000_000 < memory(pids).pss <= memory(pids).rss
        running.end()
    finally:
        for connection in members:
            connection.close()
    assert [pid for pid in pids if family(pid)] == []
    assert refuses(running.port)
    assert running not in RUNNING
    running.end()


def test_a_system_knows_the_versions_it_runs_on(system):
    versions = system.versions()
    assert len(versions) > 2
    assert all(version[0].isdigit() for version in versions.values())


def test_what_does_not_come_up_says_why_and_leaves_nothing(begin):
    broken = replace(SYSTEMS["ws"], command=lambda _: ["node", "--eval", "throw new Error('no wish to')"])
    before = list(RUNNING)
    with pytest.raises(RuntimeError, match="no wish to"):
        begin(broken)
    assert list(RUNNING) == before


def test_a_system_that_needs_redis_is_not_started_without(tmp_path):
    with pytest.raises(ValueError, match="Redis"):
        start(SYSTEMS["socketio-redis"], Place(free_port()), cpu={CPU}, log_path=tmp_path / "log")


def test_a_system_that_needs_a_database_is_not_started_without(tmp_path):
    with pytest.raises(ValueError, match="database"):
        start(SYSTEMS["chorus-memory"], Place(free_port()), cpu={CPU}, log_path=tmp_path / "log")


def test_a_system_that_is_not_installed_says_how_to_come_by_it(begin):
    with pytest.raises(FileNotFoundError, match="scripts/peers"):
        begin(replace(SYSTEMS["ws"], versions=partial(node_versions, "ws", "uninstalled")))
    with pytest.raises(FileNotFoundError, match="scripts/peers"):
        begin(replace(SYSTEMS["ws"], versions=partial(peers_versions, "uninstalled")))


def test_a_port_that_is_taken_is_not_mistaken_for_the_system(tmp_path):
    with socket.create_server((HOST, 0)) as other, pytest.raises(ValueError, match="somebody else"):
        start(SYSTEMS["ws"], Place(other.getsockname()[1]), cpu={CPU}, log_path=tmp_path / "log")
