"""What is broken while people write. Each scenario does its harm, puts everything back and says how often it did.

A scenario that finds something else than it should (a server that is not degraded, a worker that is not
replaced) raises AssertionError; what became of the messages is the ledger's business.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.dashboard import dashboard_watched
from tests.chaos.failpoint.apps import ARMED
from tests.chaos.keys import same_key_five_times
from tests.chaos.outage import expiry_and_ban_in_an_outage
from tests.chaos.presence import everybody_reloads, redis_forgets_who_is_here, worker_killed_with_people
from tests.chaos.stack import until
from tests.chaos.stalled import reader_stalled
from tests.chaos.storm import everybody_at_once
from tests.chaos.world import World

__all__ = ["SCENARIOS", "Scenario"]

CUT_S = 2.0
CALM_S = 3.0
REDIS_DOWN_S = 15.0
FROZEN_S = 5.0
REFUSED_S = 5.0
SLOW_S = 0.3
# Until the heartbeat of these servers (5 s) is missed, and 10 s more until a client gives up.
SILENT_S = 20.0


Inject = Callable[[World], Awaitable[int]]


@dataclass(frozen=True)
class Scenario:
    """name: what to call it by. title: what is done. clients: how many write meanwhile, if not as many as asked for."""

    name: str
    title: str
    inject: Inject
    clients: int | None = None


async def every_connection_cut(world: World) -> int:
    cuts = 0
    for _ in range(world.rounds):
        cuts += await asyncio.to_thread(world.stack.front.cut)
        await asyncio.sleep(CUT_S)
        world.stack.front.restore()
        await asyncio.sleep(CALM_S)
    return cuts


async def every_connection_silent(world: World) -> int:
    silent = await asyncio.to_thread(world.stack.front.silence)
    await asyncio.sleep(SILENT_S)
    return silent


async def worker_killed(world: World) -> int:
    for _ in range(world.rounds):
        before = world.stack.workers()
        victim = world.rng.choice(before)
        world.stack.kill_worker(victim)
        await world.do(until, lambda b=before, v=victim: _replaced(world, b, [v]), "a new worker")
        await asyncio.sleep(CALM_S)
    return world.rounds


async def rolling_restart(world: World) -> int:
    for _ in range(world.rounds):
        before = world.stack.workers()
        world.stack.chorus.roll()
        await world.do(until, lambda b=before: _replaced(world, b, b), "new workers in the place of all")
        await asyncio.sleep(CALM_S)
    return world.rounds


async def redis_restarted(world: World) -> int:
    for _ in range(world.rounds):
        await world.do(world.stack.redis.kill)
        await world.do(world.stack.redis.run)
        await asyncio.sleep(CALM_S)
    return world.rounds


async def redis_down(world: World) -> int:
    await world.do(world.stack.redis.kill)
    await asyncio.sleep(REDIS_DOWN_S)
    health = await asyncio.to_thread(world.health)
    assert health["broker"] == "degraded", f"without Redis /readyz said {health}"
    await world.do(world.stack.redis.run)
    await world.do(until, lambda: world.health()["broker"] == "ok", "a broker that is well again")
    return 1


async def redis_frozen(world: World) -> int:
    for _ in range(world.rounds):
        world.stack.redis.freeze()
        await asyncio.sleep(FROZEN_S)
        world.stack.redis.thaw()
        await asyncio.sleep(CALM_S)
    return world.rounds


async def redis_slow(world: World) -> int:
    world.stack.to_redis.delay_s = SLOW_S
    await asyncio.sleep(REDIS_DOWN_S)
    world.stack.to_redis.delay_s = 0.0
    await asyncio.sleep(CALM_S)
    return 1


async def postgres_restarted(world: World) -> int:
    for _ in range(world.rounds):
        await world.do(world.stack.postgres.stop)
        await world.do(world.stack.postgres.run)
        await asyncio.sleep(CALM_S)
    return world.rounds


async def postgres_refused(world: World) -> int:
    cuts = 0
    for _ in range(world.rounds):
        cuts += await asyncio.to_thread(world.stack.to_postgres.cut)
        await asyncio.sleep(REFUSED_S)
        world.stack.to_postgres.restore()
        await asyncio.sleep(CALM_S)
    return cuts


async def crash_after_commit(world: World) -> int:
    armed = Path(world.stack.chorus.variables["CHAOS_FOLDER"]) / ARMED
    for _ in range(world.rounds):
        before = world.stack.workers()
        armed.touch()
        await world.do(until, lambda b=before: len(set(b) & set(world.stack.workers())) < len(b), "a crash")
        await world.do(until, lambda b=before: len(world.stack.workers()) == len(b), "a new worker")
        await asyncio.sleep(CALM_S)
    return world.rounds


async def anything(world: World) -> int:
    harm = [
        every_connection_cut,
        worker_killed,
        rolling_restart,
        redis_restarted,
        redis_frozen,
        postgres_restarted,
        postgres_refused,
        crash_after_commit,
    ]
    done = 0
    once = World(world.stack, world.crowd, world.rng, 1)
    for _ in range(world.rounds):
        done += await world.rng.choice(harm)(once)
    return done


def _replaced(world: World, before: list[int], gone: list[int]) -> bool:
    now = world.stack.workers()
    return len(now) == len(before) and not set(now) & set(gone)


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("cuts", "every connection cut for 2 s, again and again", every_connection_cut),
        Scenario("silent", "every connection carries nothing more, and nobody is told", every_connection_silent),
        Scenario("kill", "a worker killed (SIGKILL) under load", worker_killed),
        Scenario("rolling", "workers restarted one after another (SIGHUP) under load", rolling_restart),
        Scenario("redis-restart", "Redis killed and started again", redis_restarted),
        Scenario("redis-down", "Redis down for 15 s", redis_down),
        Scenario("redis-frozen", "Redis frozen for 5 s (SIGSTOP)", redis_frozen),
        Scenario("redis-slow", "Redis slow by 0.3 s each way for 15 s", redis_slow),
        Scenario("postgres-restart", "PostgreSQL restarted", postgres_restarted),
        Scenario("postgres-refused", "PostgreSQL cut off and refused for 5 s", postgres_refused),
        Scenario("crash", "a worker that dies between commit and publication", crash_after_commit),
        Scenario("stalled", "a reader that stops reading", reader_stalled),
        Scenario("keys", "the same key sent five times over two workers", same_key_five_times),
        Scenario("storm", "2,000 more clients, dropped at once", everybody_at_once, clients=10),
        Scenario(
            "outage",
            "a token that runs out and an account that is disabled while all is cut",
            expiry_and_ban_in_an_outage,
        ),
        Scenario("ghosts", "a worker killed with 500 of 1,000 people present", worker_killed_with_people, clients=10),
        Scenario(
            "forgotten", "Redis killed and back empty, with 500 people present", redis_forgets_who_is_here, clients=10
        ),
        Scenario("reload", "500 people who all reload their page", everybody_reloads, clients=10),
        Scenario("dashboard", "a watched dashboard while workers and Redis come and go", dashboard_watched, clients=10),
        Scenario("random", "any of these, at random", anything),
    )
}
