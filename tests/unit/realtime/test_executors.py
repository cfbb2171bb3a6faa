"""Threads for the database: one writer, a few readers, and what a database error becomes."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator

import pytest
from django.db import IntegrityError, InterfaceError, OperationalError

from realtime import executors, health
from realtime.executors import close_executors, run_apart, run_read, run_write
from realtime.protocol.errors import Invalid, Unavailable


@pytest.fixture(autouse=True)
async def threads(settings) -> AsyncIterator[None]:
    settings.REALTIME = {"READERS": 2}
    yield
    await asyncio.to_thread(close_executors)
    health.database_answered()


def thread_name(*_: object) -> str:
    return threading.current_thread().name


def failing(error: Exception):
    def work() -> None:
        raise error

    return work


async def test_there_is_one_writer_and_its_work_is_done_in_order() -> None:
    done: list[int] = []
    await asyncio.gather(*(run_write(done.append, number) for number in range(50)))
    assert done == list(range(50))
    assert len({await run_write(thread_name) for _ in range(10)}) == 1


async def test_readers_and_the_writer_never_wait_for_each_other() -> None:
    gate = threading.Event()
    stuck = [asyncio.ensure_future(run_write(gate.wait, 10)), asyncio.ensure_future(run_read(gate.wait, 10))]
    await asyncio.sleep(0.01)
    # One reader is stuck and the other one answers.
    assert "reader" in await asyncio.wait_for(run_read(thread_name), 5)
    reads = [asyncio.ensure_future(run_read(gate.wait, 10)) for _ in range(3)]
    await asyncio.sleep(0.01)
    gate.set()
    assert await asyncio.gather(*stuck, *reads) == [True] * 5


@pytest.mark.parametrize(
    "error", [OperationalError("gone"), InterfaceError("closed"), OperationalError("database is locked")]
)
async def test_a_reader_whose_database_is_away_or_busy_says_unavailable(error) -> None:
    with pytest.raises(Unavailable) as refused:
        await run_read(failing(error))
    assert refused.value.__cause__ is error


@pytest.mark.parametrize("error", [IntegrityError("twice"), Invalid("no"), ZeroDivisionError()])
async def test_any_other_error_comes_out_as_it_is(error) -> None:
    for run in (run_read, run_write):
        with pytest.raises(type(error)) as raised:
            await run(failing(error))
        assert raised.value is error


async def test_the_writers_database_errors_come_out_as_they_are() -> None:
    with pytest.raises(OperationalError):
        await run_write(failing(OperationalError("gone")))


async def test_health_hears_of_a_database_that_is_away_and_of_its_return() -> None:
    with pytest.raises(Unavailable):
        await run_read(failing(OperationalError("gone")))
    assert health.report().database == "away"
    await run_read(thread_name)
    assert health.report().database == "ok"


async def test_a_caller_who_gives_up_leaves_the_thread_to_the_next() -> None:
    gate = threading.Event()
    given_up = [asyncio.ensure_future(run_read(gate.wait, 10)) for _ in range(2)]
    await asyncio.sleep(0.01)
    for task in given_up:
        task.cancel()
    await asyncio.wait(given_up)
    gate.set()
    assert "reader" in await asyncio.wait_for(run_read(thread_name), 5)


async def test_closed_executors_start_again_with_the_next_call() -> None:
    await run_read(thread_name)
    await asyncio.to_thread(close_executors)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith(("chorus-read", "chorus-write"))]
    assert "reader" in await run_read(thread_name)


class Connection:
    """What Django keeps for a thread."""

    in_atomic_block = False

    def __init__(self) -> None:
        self.errors_occurred = False
        self.renewed = 0

    def close_if_unusable_or_obsolete(self) -> None:
        self.renewed += 1

    def inc_thread_sharing(self) -> None: ...

    dec_thread_sharing = close = inc_thread_sharing


async def test_what_a_caller_gave_up_on_leaves_no_connection_open(monkeypatch) -> None:
    began, gate, connection = threading.Event(), threading.Event(), Connection()
    opened: list[Connection] = []
    closed: list[Connection] = []
    monkeypatch.setattr(connection, "close", lambda: closed.append(connection))
    monkeypatch.setattr("realtime.executors.connections.all", lambda **_: opened)

    def late() -> None:
        began.set()
        gate.wait(10)
        opened.append(connection)

    given_up = asyncio.ensure_future(run_read(late))
    await asyncio.to_thread(began.wait, 10)
    given_up.cancel()
    closing = asyncio.ensure_future(asyncio.to_thread(close_executors))
    while "reader" in executors._pools:
        await asyncio.sleep(0)
    gate.set()
    await closing
    assert closed == [connection]


async def test_a_connection_is_kept_while_it_is_used_and_looked_at_after_a_pause_or_an_error(monkeypatch) -> None:
    connection, now = Connection(), [100.0]
    monkeypatch.setattr("realtime.executors.connections.all", lambda **_: [connection])
    monkeypatch.setattr("realtime.executors.time.monotonic", lambda: now[0])
    renewed = []
    for at, broken in ((100.0, False), (100.9, False), (101.8, False), (103.0, False), (103.5, True), (103.6, False)):
        now[0], connection.errors_occurred = at, broken
        await run_write(thread_name)
        renewed.append(connection.renewed)
    assert renewed == [1, 1, 1, 2, 3, 3]


async def test_an_iterator_that_ended_is_an_error_and_not_waited_for_for_ever() -> None:
    async with asyncio.timeout(5):
        with pytest.raises(RuntimeError, match="An iterator ended"):
            await run_read(failing(StopIteration()))


async def test_what_hangs_apart_holds_up_the_end_for_a_moment_however_many_there_are(monkeypatch) -> None:
    monkeypatch.setattr(executors, "APART_END_S", 0.2)
    over = threading.Event()
    waiting = [asyncio.create_task(run_apart(f"hanging-{number}", over.wait)) for number in range(10)]
    await run_apart("quick", thread_name)
    began = time.monotonic()
    await asyncio.to_thread(close_executors)
    assert time.monotonic() - began < 1.5
    over.set()
    assert await asyncio.gather(*waiting) == [True] * 10
