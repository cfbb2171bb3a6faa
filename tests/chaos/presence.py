"""Presence while servers break: who is gone is told within 20 s, who is not is never told gone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from presence.roster import Roster, merge
from realtime.client import RealtimeClient, Received
from realtime.client.states import ConnectionState, SubscriptionState
from tests.chaos.stack import until
from tests.chaos.world import World

__all__ = ["everybody_reloads", "redis_forgets_who_is_here", "worker_killed_with_people"]

PEOPLE = 1_000
"""On two workers, so 500 on the one that is killed."""
RELOADING = 500
AT_ONCE = 100
ROOM = "gathering-0"
TOPIC = f"presence/{ROOM}"
GHOSTS_WITHIN_S = 20.0
REBUILT_WITHIN_S = 10.0
GATHERED_WITHIN_S = 60.0
RELOAD_S = 3.0
QUIET_S = 9.0
"""After a reload: longer than the grace and a tick."""


class Witness:
    """Somebody who only looks on: what they hold by merging, and everything they were ever told."""

    def __init__(self, client: RealtimeClient) -> None:
        self.client = client
        self.roster: Roster | None = None
        self.left: list[int] = []
        self.vanished: set[int] = set()
        """Everybody who was in the roster and then was not, by diff or by snapshot."""
        self.came: list[int] = []

    async def look_on(self) -> None:
        self.client.start()
        await self.client.subscribe(TOPIC, params={"present": False}, listener=self._told)

    @property
    def here(self) -> set[int]:
        return set() if self.roster is None or self.roster.users is None else set(self.roster.users)

    def forget(self) -> None:
        """What was told so far is of no interest any more."""
        self.left, self.came, self.vanished = [], [], set()

    def _told(self, received: Received) -> None:
        before = self.here
        self.roster = merge(self.roster, received.event, received.data)
        self.vanished |= before - self.here
        if received.event == "diff" and "left" in received.data:
            self.left += received.data["left"]
            self.came += [user["id"] for user in received.data["users"] if user["id"] not in before]


@asynccontextmanager
async def gathering(world: World, count: int) -> AsyncIterator[tuple[list[RealtimeClient], Witness, str]]:
    """So many people in one room, all of whom a witness sees, and the token of one more user."""
    *tokens, spare = await asyncio.to_thread(world.stack.tokens, count + 2, "gathering")
    clients = [RealtimeClient(world.stack.front.ws_url, token=token) for token in tokens]
    try:
        witness = Witness(clients.pop())
        await witness.look_on()
        for start in range(0, count, AT_ONCE):
            await asyncio.gather(*map(_enter, clients[start : start + AT_ONCE]))
        await _until(lambda: len(witness.here) == count, GATHERED_WITHIN_S, f"{count} people in the room")
        yield clients, witness, spare
    finally:
        await asyncio.gather(*(client.stop() for client in clients), witness.client.stop())


async def worker_killed_with_people(world: World) -> int:
    """Nobody of the killed worker comes back. Raises AssertionError for a ghost, or one of the others told gone."""
    async with gathering(world, PEOPLE) as (clients, witness, _):
        workers = world.stack.workers()
        victim = world.rng.choice(workers)
        witness.forget()
        began = time.monotonic()
        world.stack.kill_worker(victim)
        await _until(lambda: any(_is_cut(client) for client in clients), 10.0, "the end of connections")
        await asyncio.sleep(0.2)
        gone = [client for client in clients if _is_cut(client)]
        lost = {_id(client) for client in gone}
        await asyncio.gather(*(client.stop() for client in gone))
        stay = {_id(client) for client in clients} - lost
        await _until(lambda: witness.here == stay, GHOSTS_WITHIN_S + 5.0, "a room without ghosts")
        after_s = time.monotonic() - began
        await asyncio.sleep(2.0)
        assert after_s <= GHOSTS_WITHIN_S, f"ghosts were there for {after_s:.1f} s"
        assert not witness.vanished & stay, f"{len(witness.vanished & stay)} were told gone who were there all the time"
        assert len(witness.left) == len(set(witness.left)), "somebody was told gone twice"
        await world.do(until, lambda: len(world.stack.workers()) == len(workers), "a new worker")
        world.notes.append(
            f"{len(lost)} of {PEOPLE} were on the killed worker; gone after {after_s:.1f} s, nobody else"
        )
        return len(lost)


async def redis_forgets_who_is_here(world: World) -> int:
    """Redis is killed and comes back empty. Raises AssertionError for who is told gone, or not there again in time."""
    async with gathering(world, RELOADING) as (clients, witness, spare):
        everybody = {_id(client) for client in clients}
        witness.forget()
        await world.do(world.stack.redis.kill)
        await world.do(world.stack.redis.run)
        began = time.monotonic()
        async with asyncio.timeout(30.0):
            while await _who_is_shown(world, spare) != everybody:
                await asyncio.sleep(0.1)
        rebuilt_s = time.monotonic() - began
        await asyncio.sleep(QUIET_S)
        assert not witness.vanished, f"{len(witness.vanished)} were told gone"
        assert witness.here == everybody, f"{len(everybody ^ witness.here)} are wrong for one who stayed"
        assert rebuilt_s <= REBUILT_WITHIN_S, f"it took {rebuilt_s:.1f} s"
        world.notes.append(f"{RELOADING} people were all shown again after {rebuilt_s:.1f} s; nobody was told gone")
        return 1


async def everybody_reloads(world: World) -> int:
    """All close their tab and open it again, within the grace. Raises AssertionError if anybody hears of it."""
    async with gathering(world, RELOADING) as (clients, witness, _):
        witness.forget()
        for client in clients:
            client.drop_connection()
        await asyncio.sleep(0.1)
        for client in clients:
            client.retry_now()
        began = time.monotonic()
        await _until(lambda: all(map(_is_live, clients)), 30.0, "everybody back")
        back_s = time.monotonic() - began
        await asyncio.sleep(QUIET_S)
        assert back_s < RELOAD_S + 1.5, f"they were away for {back_s:.1f} s, which is no reload"
        assert not witness.left, f"{len(witness.left)} leaves were told"
        assert not witness.came, f"{len(witness.came)} joins were told"
        world.notes.append(f"{RELOADING} were back after {back_s:.1f} s; no join and no leave was told")
        return RELOADING


async def _enter(client: RealtimeClient) -> None:
    client.start()
    await client.subscribe(TOPIC, listener=lambda received: None)


async def _who_is_shown(world: World, token: str) -> set[int]:
    """To somebody who comes now, once they are shown anything."""
    async with RealtimeClient(world.stack.front.ws_url, token=token) as client:
        subscription = await client.subscribe(TOPIC, params={"present": False})
        return {user["id"] for user in subscription.snapshot["users"]}


def _id(client: RealtimeClient) -> int:
    assert client.user is not None
    return client.user.id


def _is_cut(client: RealtimeClient) -> bool:
    return client.state is not ConnectionState.CONNECTED


def _is_live(client: RealtimeClient) -> bool:
    subscription = client.subscription(TOPIC)
    return subscription is not None and subscription.state is SubscriptionState.LIVE


async def _until(true: Callable[[], bool], within_s: float, what: str) -> None:
    """Raises AssertionError."""
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end, f"{what} did not come within {within_s:g} s"
        await asyncio.sleep(0.05)
