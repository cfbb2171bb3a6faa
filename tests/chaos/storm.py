"""Thousands of clients dropped in one moment: all come back, recover, and cost the database little."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from pathlib import Path

from realtime.client import RealtimeClient
from realtime.client.states import SubscriptionState
from tests.chaos.world import World

__all__ = ["everybody_at_once"]

CLIENTS = 2_000
ROOMS = 4
AT_ONCE = 100
BACK_WITHIN_S = 60.0
QUERIES_EACH_MAX = 0.5
GROWTH_MAX_MIB = 80.0


async def everybody_at_once(world: World) -> int:
    """Raises AssertionError if somebody stays away, or it costs more queries or memory than it may."""
    tokens = await asyncio.to_thread(world.stack.tokens, CLIENTS, "storm", ROOMS)
    async with AsyncExitStack() as stack:
        clients = [RealtimeClient(world.stack.front.ws_url, token=token) for token in tokens]
        for client in clients:
            stack.push_async_callback(client.stop)
        for start in range(0, CLIENTS, AT_ONCE):
            await asyncio.gather(*(_enter(clients[at], at) for at in range(start, start + AT_ONCE)))
        before, queries = _memory_mib(world), _queries(world)
        began = time.monotonic()
        dropped = await asyncio.to_thread(world.stack.front.cut)
        world.stack.front.restore()
        back = await _back(clients)
        growth = max(after - was for was, after in zip(before, _memory_mib(world), strict=True))
        each = (_queries(world) - queries) / CLIENTS
        to_95_s = sorted(back)[int(CLIENTS * 0.95) - 1] - began
    assert each <= QUERIES_EACH_MAX, f"a client that comes back costs {each:.2f} queries"
    assert growth <= GROWTH_MAX_MIB, f"a worker grew by {growth:.0f} MiB"
    world.notes.append(
        f"{dropped} dropped; 95 % live again after {to_95_s:.1f} s, all after {max(back) - began:.1f} s; "
        f"{each:.2f} queries each, with those of the crowd that posts meanwhile; a worker's memory {growth:+.0f} MiB"
    )
    return dropped


async def _enter(client: RealtimeClient, at: int) -> None:
    client.start()
    await client.subscribe(f"chat/storm-{at % ROOMS}", listener=lambda received: None)


async def _back(clients: list[RealtimeClient]) -> list[float]:
    """When each was live again; raises TimeoutError."""
    times: dict[int, float] = {}
    away = dict(enumerate(clients))
    async with asyncio.timeout(BACK_WITHIN_S):
        await asyncio.sleep(0.2)
        while away:
            for number, client in list(away.items()):
                subscription = client.subscription(f"chat/storm-{number % ROOMS}")
                if subscription is not None and subscription.state is SubscriptionState.LIVE:
                    times[number] = time.monotonic()
                    del away[number]
            await asyncio.sleep(0.05)
    return list(times.values())


def _queries(world: World) -> int:
    with world.stack.database() as database:
        row = database.execute("SELECT sum(calls) FROM pg_stat_statements").fetchone()
    return int(row[0]) if row is not None else 0


def _memory_mib(world: World) -> list[float]:
    """Resident memory of each worker."""
    pids = world.stack.workers()
    return [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4_096 / 1_048_576 for pid in pids]
