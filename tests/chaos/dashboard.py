"""A dashboard while servers break: nobody ever holds a state that never was, and it beats on with Redis or without."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from realtime.client import RealtimeClient, Received
from tests.chaos.failpoint.dashboards import INTERVAL_S, torn
from tests.chaos.stack import until
from tests.chaos.world import World

__all__ = ["dashboard_watched"]

WATCHERS = 60
TOPIC = "dashboard/pulse"
FROZEN_S = 6.0
CALM_S = 3.0
FRESH_WITHIN_S = 15.0


class Watcher:
    """Merges what it is told, and keeps what was wrong with it. longest_s: without a new state, while connected."""

    def __init__(self, client: RealtimeClient) -> None:
        self.client = client
        self.held: dict[str, Any] = {}
        self.faults: list[str] = []
        self.updates = 0
        self.alone = 0
        self.longest_s = 0.0
        self._at = time.monotonic()

    async def watch(self) -> None:
        self.client.start()
        await self.client.subscribe(TOPIC, listener=self._told)

    def _told(self, received: Received) -> None:
        before = self.held.get("at")
        if received.event == "snapshot":
            self.held = dict(received.data)
        else:
            changed = dict(received.data)
            self.held = {**self.held, "state": {**self.held["state"], **changed.pop("state")}, **changed}
            if before is not None and self.held["at"] < before:
                self.faults.append(f"told a state of {before - self.held['at']} ms before the one it had")
        if self.held["state"] and torn(self.held["state"]):
            self.faults.append(f"holds what never was: {self.held['state']} after {received.event}")
        now = time.monotonic()
        self.longest_s, self._at = max(self.longest_s, now - self._at), now
        self.updates += 1
        self.alone += bool(self.held["alone"])


async def dashboard_watched(world: World) -> int:
    """A worker killed, Redis frozen, Redis empty, all restarted. Raises AssertionError for a state that never was."""
    async with watching(world) as watchers:
        harm = (_kill_a_worker, _freeze_redis, _forget_redis, _restart_all)
        for each in harm:
            await each(world)
            await _fresh(watchers)
        faults = [fault for watcher in watchers for fault in watcher.faults]
        assert not faults, f"{len(faults)} faults at {len(watchers)} watchers: {faults[0]}"
        assert any(watcher.alone for watcher in watchers), "nobody was told that a process was alone"
        updates, longest_s = sum(each.updates for each in watchers), max(each.longest_s for each in watchers)
        world.notes.append(
            f"{WATCHERS} watchers, {updates} updates, one every {INTERVAL_S:g} s; none torn, none older than the one "
            f"before; the longest without one {longest_s:.1f} s"
        )
        return len(harm)


@asynccontextmanager
async def watching(world: World) -> AsyncIterator[list[Watcher]]:
    """Watchers over both workers, all of whom have a state."""
    tokens = await asyncio.to_thread(world.stack.tokens, WATCHERS, "watching")
    watchers = [Watcher(RealtimeClient(world.stack.front.ws_url, token=token)) for token in tokens]
    try:
        await asyncio.gather(*(watcher.watch() for watcher in watchers))
        await _fresh(watchers)
        yield watchers
    finally:
        await asyncio.gather(*(watcher.client.stop() for watcher in watchers))


async def _kill_a_worker(world: World) -> None:
    workers = world.stack.workers()
    world.stack.kill_worker(world.rng.choice(workers))
    await world.do(until, lambda: len(world.stack.workers()) == len(workers), "a new worker")
    await asyncio.sleep(CALM_S)


async def _freeze_redis(world: World) -> None:
    world.stack.redis.freeze()
    await asyncio.sleep(FROZEN_S)
    world.stack.redis.thaw()
    await asyncio.sleep(CALM_S)


async def _forget_redis(world: World) -> None:
    await world.do(world.stack.redis.kill)
    await asyncio.sleep(CALM_S)
    await world.do(world.stack.redis.run)
    await asyncio.sleep(CALM_S)


async def _restart_all(world: World) -> None:
    before = world.stack.workers()
    world.stack.chorus.roll()
    await world.do(until, lambda: not set(before) & set(world.stack.workers()), "new workers in the place of all")
    await asyncio.sleep(CALM_S)


async def _fresh(watchers: list[Watcher]) -> None:
    """Wait until everybody holds a state of the last two intervals, shared and not one process' own."""
    end = time.monotonic() + FRESH_WITHIN_S
    late = watchers
    while late:
        assert time.monotonic() < end, f"{len(late)} of {len(watchers)} hold an old state: {late[0].held}"
        await asyncio.sleep(0.1)
        now_ms = time.time() * 1000
        late = [each for each in watchers if _is_late(each.held, now_ms)]


def _is_late(held: dict[str, Any], now_ms: float) -> bool:
    return not held or held["at"] is None or held["alone"] or now_ms - held["at"] > 2_000 * INTERVAL_S
