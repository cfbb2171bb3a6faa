"""Whatever `compute` does, whoever waits for it gets a state or an error to show."""

from __future__ import annotations

import asyncio
import math
import sys
from decimal import Decimal
from typing import Any

import pytest

from dashboard.computing import ComputeEnded, WrongState, checked, compute
from dashboard.source import Source
from tests.unit.dashboard.sources import State, StateSource

SOURCE = StateSource()


def thread(outcome: Any) -> Source[State]:
    class Computed(Source[State]):
        name = "computed"

        def compute(self) -> State:
            return outcome()

    return Computed()


def coroutine(outcome: Any) -> Source[State]:
    class Awaited(Source[State]):
        name = "awaited"

        async def compute(self) -> State:
            return outcome()

    return Awaited()


def cancelled() -> State:
    raise asyncio.CancelledError


def nothing_left() -> State:
    return next(iter([]))


@pytest.mark.parametrize("kind", [thread, coroutine])
@pytest.mark.parametrize("outcome", [sys.exit, cancelled])
async def test_what_would_end_the_process_or_the_task_is_an_error_of_the_source(kind, outcome):
    async with asyncio.timeout(5):
        with pytest.raises(ComputeEnded):
            await compute(kind(outcome))


async def test_an_iterator_that_ended_is_an_error_and_not_waited_for_for_ever():
    async with asyncio.timeout(5):
        with pytest.raises(RuntimeError, match="An iterator ended"):
            await compute(thread(nothing_left))


async def test_a_computation_that_is_not_wanted_any_more_ends():
    class Endless(Source[State]):
        async def compute(self) -> State:
            await asyncio.Event().wait()
            return State()

    task = asyncio.create_task(compute(Endless()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("wrong", [Decimal("1.5"), "1.5", True])
def test_a_value_of_another_type_than_the_fields_is_refused_by_name(wrong):
    with pytest.raises(WrongState, match=r"StateSource gave a wrong State: .*\$\.y"):
        checked(SOURCE, State(y=wrong))


def test_what_is_no_number_is_one_that_is_not_known():
    assert checked(SOURCE, State(x=math.inf, y=math.nan)).y is not None
