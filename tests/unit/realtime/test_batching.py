"""Look-ups that are asked for together are one call."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence

import pytest

from realtime.batching import CROWD_PACE_S, PACE_S, Batcher, next_pace
from realtime.executors import close_executors


class Table:
    """Counts its calls; can be held up, and can fail."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.open = threading.Event()
        self.open.set()
        self.error: Exception | None = None
        self.nonsense = False

    def read(self, keys: Sequence[int]) -> dict[int, str]:
        self.calls.append(sorted(keys))
        assert self.open.wait(10)
        if self.error is not None:
            raise self.error
        return None if self.nonsense else {key: f"row {key}" for key in keys if key < 100}  # type: ignore[return-value]  # what is tested


@pytest.fixture
async def table() -> AsyncIterator[Table]:
    table = Table()
    yield table
    table.open.set()
    await asyncio.to_thread(close_executors)


@pytest.fixture
async def batcher(table: Table) -> Batcher[int, str]:
    return Batcher(table.read, max_size=10)


async def started(table: Table, calls: int) -> None:
    """Wait until the reader thread is inside its n-th call."""
    async with asyncio.timeout(5):
        while len(table.calls) < calls:
            await asyncio.sleep(0.001)


async def test_those_who_ask_together_share_one_call(batcher, table) -> None:
    found = await asyncio.gather(*(batcher.get(key) for key in (1, 2, 3, 2, 1)))
    assert found == ["row 1", "row 2", "row 3", "row 2", "row 1"]
    assert table.calls == [[1, 2, 3]]


async def test_a_key_that_is_missing_is_none(batcher) -> None:
    assert await asyncio.gather(batcher.get(1), batcher.get(500)) == ["row 1", None]


async def test_what_is_asked_while_a_call_runs_goes_into_the_next_and_is_read_afresh(batcher, table) -> None:
    table.open.clear()
    first = asyncio.ensure_future(batcher.get(1))
    await started(table, 1)
    others = [asyncio.ensure_future(batcher.get(key)) for key in (1, 2)]
    await asyncio.sleep(0)
    table.open.set()
    await asyncio.gather(first, *others)
    assert table.calls == [[1], [1, 2]]


async def test_a_call_takes_no_more_keys_than_it_may(batcher, table) -> None:
    await asyncio.gather(*(batcher.get(key) for key in range(25)))
    assert [len(call) for call in table.calls] == [10, 10, 5]


async def test_an_error_reaches_everybody_who_asked_and_nobody_after_them(batcher, table) -> None:
    table.error = ZeroDivisionError("of the table")
    outcomes = await asyncio.gather(*(batcher.get(key) for key in (1, 2)), return_exceptions=True)
    assert [str(outcome) for outcome in outcomes] == ["of the table"] * 2
    table.error = None
    assert await batcher.get(1) == "row 1"


async def test_a_table_that_answers_nonsense_leaves_nobody_waiting(batcher, table) -> None:
    table.nonsense = True
    async with asyncio.timeout(5):
        outcomes = await asyncio.gather(*(batcher.get(key) for key in (1, 2)), return_exceptions=True)
    assert all(isinstance(outcome, Exception) for outcome in outcomes)
    table.nonsense = False
    assert await batcher.get(1) == "row 1"


async def test_one_who_gives_up_takes_nothing_from_others_who_wait_for_the_same(batcher, table) -> None:
    table.open.clear()
    leaves, stays = (asyncio.ensure_future(batcher.get(1)) for _ in range(2))
    await started(table, 1)
    leaves.cancel()
    await asyncio.sleep(0)
    table.open.set()
    assert await stays == "row 1"
    assert leaves.cancelled()
    assert table.calls == [[1]]


async def test_when_all_give_up_the_next_is_answered_and_a_late_error_is_nobodys(batcher, table, caplog) -> None:
    table.open.clear()
    gone = [asyncio.ensure_future(batcher.get(1)) for _ in range(2)]
    await started(table, 1)
    for task in gone:
        task.cancel()
    table.error = ZeroDivisionError()
    table.open.set()
    await asyncio.wait(gone)
    await asyncio.sleep(0.02)
    table.error = None
    assert await batcher.get(2) == "row 2"
    assert caplog.text == ""


async def test_one_who_gives_up_before_the_call_begins_harms_nobody(batcher, table) -> None:
    leaves, stays = (asyncio.ensure_future(batcher.get(1)) for _ in range(2))
    await asyncio.sleep(0)
    leaves.cancel()
    assert await stays == "row 1"


@pytest.mark.parametrize(
    ("keys", "over_s"),
    [(1, float("inf")), (200, float("inf")), (3, 0.0), (3, 0.02), (10, 0.2)],
    ids=["the first", "many at once after a pause", "no time at all", "few, close together", "a steady flow"],
)
def test_who_is_no_crowd_waits_for_no_crowd(keys: int, over_s: float) -> None:
    assert next_pace(keys, over_s, 200, CROWD_PACE_S) == PACE_S


def test_a_crowd_is_gathered_until_a_call_is_half_full() -> None:
    assert next_pace(20, 0.02, 200, CROWD_PACE_S) == pytest.approx(0.1)


def test_a_crowd_waits_no_longer_than_it_may() -> None:
    assert next_pace(4, 0.02, 200, CROWD_PACE_S) == CROWD_PACE_S
    assert next_pace(4, 0.02, 200, PACE_S) == PACE_S


def test_a_crowd_too_large_for_one_call_waits_for_nothing_more() -> None:
    assert next_pace(200, 0.001, 200, CROWD_PACE_S) < 0.001


async def test_a_crowd_that_comes_one_by_one_shares_few_calls(table) -> None:
    crowded = Batcher(table.read, max_size=100_000, crowd_pace_s=60.0)
    asked = [asyncio.ensure_future(crowded.get(1))]
    await started(table, 1)
    asked += [asyncio.ensure_future(crowded.get(key)) for key in range(2, 200)]
    await started(table, 2)
    asked += [asyncio.ensure_future(crowded.get(key)) for key in range(200, 220)]
    await asyncio.sleep(2 * PACE_S)
    assert len(table.calls) == 2
    for task in asked:
        task.cancel()


def test_every_event_loop_gathers_for_itself() -> None:
    table = Table()
    batcher: Batcher[int, str] = Batcher(table.read)

    async def ask() -> str | None:
        return await batcher.get(1)

    try:
        assert [asyncio.run(ask()) for _ in range(3)] == ["row 1"] * 3
        assert len(table.calls) == 3
    finally:
        close_executors()
