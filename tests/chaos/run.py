"""One scenario from beginning to end: a crowd, the harm, the wait until all is whole, the ledger."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass

from realtime.client import RealtimeClient
from tests.chaos.ledger import faults, read_stored
from tests.chaos.people import Crowd, gathered
from tests.chaos.probe import Probe
from tests.chaos.report import Result
from tests.chaos.scenarios import Scenario
from tests.chaos.stack import Stack
from tests.chaos.window import left_open
from tests.chaos.world import World

__all__ = ["Size", "run_scenario"]

WARM_UP_S = 1.0
EMPTY_WITHIN_S = 60.0
WHOLE_WITHIN_S = 30.0

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Size:
    """clients: how many write and read. pace_s: seconds between two changes of one of them. rounds: of harm.

    window: leave a browser window open meanwhile.
    """

    clients: int = 100
    rooms: int = 5
    pace_s: float = 1.5
    rounds: int = 3
    window: bool = False


async def run_scenario(stack: Stack, scenario: Scenario, size: Size, seed: int) -> Result:
    """Run it. Everything found wrong is in the result's faults."""
    rng = random.Random(f"{seed} {scenario.name}")
    result = Result(scenario.name, scenario.title)
    prefix = f"{scenario.name}-{next(_numbers)}"
    rooms = [f"{prefix}-{number}" for number in range(size.rooms)]
    clients = scenario.clients or size.clients
    tokens = await asyncio.to_thread(stack.tokens, clients, prefix, size.rooms)
    async with contextlib.AsyncExitStack() as running:
        if size.window:
            await running.enter_async_context(left_open(stack, rooms[0], result))
        crowd = await running.enter_async_context(gathered(stack.front.ws_url, tokens, rooms, rng, size.pace_s))
        await running.enter_async_context(probing(stack, result))
        await asyncio.sleep(WARM_UP_S)
        world = World(stack, crowd, rng, size.rounds, result.notes)
        try:
            result.injected = await scenario.inject(world)
        except (AssertionError, TimeoutError) as error:
            result.faults.append(str(error))
        await _settle(stack, crowd, prefix, result)
    return result


async def _settle(stack: Stack, crowd: Crowd, prefix: str, result: Result) -> None:
    crowd.stopping.set()
    result.emptied_s = await crowd.quiet(EMPTY_WITHIN_S)
    with stack.database() as connection:
        rows = connection.execute("SELECT slug, last_seq FROM chat_room WHERE slug LIKE %s", (f"{prefix}-%",))
        result.healed_s = await crowd.reach(dict(rows.fetchall()), WHOLE_WITHIN_S)
        stored = read_stored(connection, f"{prefix}-")
    result.acknowledged = sum(intent.reply is not None for intent in crowd.intents)
    result.received = sum(len(person.view.seqs) for person in crowd)
    result.reconnects = sum(person.reconnects for person in crowd)
    result.faults += faults(crowd.intents, stored, [person.view for person in crowd])
    if not result.injected:
        result.faults.append("nothing was broken, so nothing was shown")
    if not result.acknowledged:
        result.faults.append("nothing was written, so nothing was shown")


@contextlib.asynccontextmanager
async def probing(stack: Stack, result: Result) -> AsyncIterator[None]:
    """Probe during the block, and note what came of it."""
    tokens = await asyncio.to_thread(stack.tokens, 2, "probe")
    async with (
        RealtimeClient(stack.front.ws_url, token=tokens[0], random=soon) as writer,
        RealtimeClient(stack.front.ws_url, token=tokens[1], random=soon) as reader,
    ):
        probe = Probe(writer, reader, "chat/probe-0")
        await probe.enter()
        task = asyncio.create_task(probe.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            result.probe_seconds, result.probe_failed = len(probe.seconds), probe.failed
            result.probe_longest = probe.longest


def soon() -> float:
    """Jitter that comes back early: the probe is to show the servers' gaps, not its own patience."""
    return random.random() / 4
