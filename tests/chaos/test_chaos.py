"""A short `make chaos`: the main scenarios on one set of servers, with a smaller crowd."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.run import Size, run_scenario
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.stack import Stack, running_stack

SEED = 20261124
SHORT = Size(clients=30, rooms=3, pace_s=1.0, rounds=1)


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack("tests.chaos.failpoint.settings") as running:
        yield running


@pytest.mark.parametrize(
    "name",
    [
        "cuts",
        "kill",
        "rolling",
        "redis-restart",
        "redis-frozen",
        "postgres-restart",
        "crash",
        "keys",
        "outage",
        "ghosts",
        "forgotten",
        "dashboard",
    ],
)
async def test_nothing_acknowledged_is_lost_doubled_or_reordered(stack: Stack, name: str) -> None:
    result = await run_scenario(stack, SCENARIOS[name], SHORT, SEED)
    assert result.faults == []
