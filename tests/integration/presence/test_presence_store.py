"""What both stores promise, by one set of tests: in memory and on a real Redis, several processes on each."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from presence.roster import Change, Person, Status
from presence.store import LeaseLost, MemoryCluster, MemoryStore, RedisStore, Settling, Store, StoreAway, store

PREFIXES = (f"presence-{number}" for number in itertools.count(1))
ONLINE, AWAY, DND = Status.ONLINE, Status.AWAY, Status.DND


@dataclass
class Cluster:
    """Processes on one store. pass_s lets time pass: really on Redis, where leases are short for it."""

    make: Callable[[], Store]
    pass_s: Callable[[float], Awaitable[None]]
    forget: Callable[[], Awaitable[None]]
    stores: list[Store] = field(default_factory=list)

    async def process(self) -> Store:
        made = self.make()
        self.stores.append(made)
        await made.enter()
        return made


@pytest.fixture(params=["memory", "redis"])
async def cluster(request, monkeypatch) -> AsyncIterator[Cluster]:
    if request.param == "memory":
        now = [time.time()]
        memory = MemoryCluster(lambda: now[0])

        async def pass_s(seconds: float) -> None:
            now[0] += seconds * SCALE

        async def forget() -> None:
            memory.forget()

        _passing[:] = [pass_s]
        yield Cluster(lambda: MemoryStore(memory), pass_s, forget)
        return
    redis_url = request.getfixturevalue("redis_url")
    for name in ("LEASE_S", "SETTLE_S", "CONTACT_S", "HANDOVER_S"):
        monkeypatch.setattr(f"presence.store.redis.{name}", getattr(store, name) / SCALE)
    prefix = next(PREFIXES)
    _passing[:] = [asyncio.sleep]
    made = Cluster(lambda: RedisStore(redis_url, prefix), asyncio.sleep, lambda: _forget(redis_url, prefix))
    async with asyncio.timeout(60):
        yield made
    for each in made.stores:
        await each.aclose()


SCALE = 20.0
"""Leases are so many times shorter on Redis."""
LEASE_S = store.LEASE_S / SCALE


async def _forget(url: str, prefix: str) -> None:
    from redis.asyncio import Redis

    client = Redis.from_url(url)
    async for key in client.scan_iter(f"{prefix}:*"):
        await client.delete(key)
    await client.aclose()


def one(user: int, status: Status | None, room: str = "den") -> dict[str, list[Change]]:
    return {room: [Change(user, f"user-{user}", status)]}


async def beat(*stores: Store) -> None:
    """A lease's time and a half in which these processes live, and any others do not."""
    for _ in range(15):
        for each in stores:
            await each.tick(renew=True)
        await stores[0].tick(renew=False)
        await _pass(LEASE_S / 10)


_passing: list[Callable[[float], Awaitable[None]]] = []


async def _pass(seconds: float) -> None:
    await _passing[0](seconds)


async def test_a_user_comes_once_and_leaves_once_over_all_processes(cluster) -> None:
    first, second = await cluster.process(), await cluster.process()
    (came,) = await first.apply(one(1, ONLINE), ())
    assert (came.came, came.changed, came.left) == ((Person(1, "user-1", ONLINE),), (), ())
    assert (came.before, came.count) == (0, 1)
    assert await second.apply(one(1, ONLINE), ()) == []
    assert await first.apply(one(1, None), {"den"}) == []
    (left,) = await second.apply(one(1, None), {"den"})
    assert (left.left, left.before, left.count) == ((1,), 1, 0)
    assert (left.prev, left.version) == (came.version, came.version + 1)


async def test_the_most_awake_process_says_what_a_user_is(cluster) -> None:
    first, second = await cluster.process(), await cluster.process()
    await first.apply(one(1, AWAY), ())
    (changed,) = await second.apply(one(1, ONLINE), ())
    assert changed.changed == (Person(1, "user-1", ONLINE),)
    assert await first.apply(one(1, ONLINE), ()) == []
    assert await second.apply(one(1, AWAY), ()) == []
    (changed,) = await second.apply(one(1, DND), ())
    assert changed.changed[0].status is DND
    (changed,) = await second.apply(one(1, None), ())
    assert changed.changed[0].status is ONLINE


async def test_who_turns_invisible_is_taken_out_for_all_processes(cluster) -> None:
    first, second = await cluster.process(), await cluster.process()
    await first.apply(one(1, ONLINE), ())
    await second.apply(one(1, AWAY), ())
    (left,) = await second.apply({"den": [Change(1, "user-1", None, erase=True)]}, ())
    assert (left.left, left.count) == ((1,), 0)
    assert await first.apply(one(1, None), {"den"}) == []


async def test_a_large_room_is_reaped_in_steps_and_nobody_is_forgotten(cluster) -> None:
    alive, dead = await cluster.process(), await cluster.process()
    users = [Change(user, f"user-{user}", ONLINE) for user in range(1_000)]
    await dead.apply({"den": users}, ())
    await dead.apply({"den": [Change(user, "gone", None) for user in range(450)]}, ())
    await alive.apply({"den": users[::2]}, ())
    await beat(alive)
    diffs = [diff for each in await alive.tick(renew=True) for diff in await alive.reap(each.lease)]
    left = sorted(user for diff in diffs for user in diff.left)
    assert left == [user for user in range(450, 1_000) if user % 2]
    assert (await alive.state("den", 10)).count == 500
    assert [diff.version for diff in diffs] == list(range(diffs[0].version, diffs[0].version + len(diffs)))


async def test_what_changes_nothing_has_no_version(cluster) -> None:
    process = await cluster.process()
    assert await process.apply(one(1, None), ()) == []
    await process.apply(one(1, ONLINE), ())
    before = await process.state("den", 10)
    assert await process.apply(one(1, ONLINE), ()) == []
    assert await process.state("den", 10) == before
    (renamed,) = await process.apply({"den": [Change(1, "ada", ONLINE)]}, ())
    assert renamed.changed == (Person(1, "ada", ONLINE),)


async def test_many_in_many_rooms_are_told_in_one_go(cluster) -> None:
    process = await cluster.process()
    rooms = {f"room-{n}": [Change(user, f"user-{user}", ONLINE) for user in range(n * 450)] for n in (1, 2)}
    diffs = await process.apply(rooms, ())
    came = {room: [p.id for diff in diffs if diff.room == room for p in diff.came] for room in rooms}
    assert came == {room: [change.user for change in changes] for room, changes in rooms.items()}
    state = await process.state("room-2", 1_000)
    assert state.people is not None
    assert (state.count, sorted(person.id for person in state.people)) == (900, list(range(900)))
    assert (await process.state("room-2", 899)).people is None
    tops = await process.tops(["room-1", "room-2", "nowhere"])
    assert [tops[room].count for room in ("room-1", "room-2", "nowhere")] == [450, 900, 0]
    assert tops["room-2"].version == state.version
    page = await process.page("room-2", 500, 3)
    assert ([person.id for person in page.people], page.following) == ([501, 502, 503], 503)
    assert (await process.page("room-2", 896, 3)) == ([*(await process.page("room-2", 896, 9)).people], None)
    assert await process.page("room-2", 899, 3) == ([], None)
    assert await process.statuses("room-2", [3, 99_999, 4]) == {3: ONLINE, 4: ONLINE}
    assert await process.statuses("room-2", []) == {}


async def test_names_are_kept_whatever_is_in_them(cluster) -> None:
    process = await cluster.process()
    for user, name in enumerate(["", "a=o", "ü b\tc", "日本 🎉", "x:1"]):
        await process.apply({"den": [Change(user, name, ONLINE)]}, ())
        assert (await process.page("den", user - 1, 1)).people[0] == Person(user, name, ONLINE)


async def test_a_dead_process_is_reaped_once_and_who_is_elsewhere_too_stays(cluster) -> None:
    alive, witness, dead = [await cluster.process() for _ in range(3)]
    await dead.apply({"den": [Change(1, "a", ONLINE), Change(2, "b", ONLINE)], "hall": [Change(1, "a", ONLINE)]}, ())
    await alive.apply(one(2, AWAY), ())
    await beat(alive, witness)
    found = [each for process in (alive, witness) for each in await process.tick(renew=True)]
    diffs = [diff for process in (alive, witness) for each in found for diff in await process.reap(each.lease)]
    assert sorted((diff.room, diff.left, [p.id for p in diff.changed]) for diff in diffs) == [
        ("den", (1,), [2]),
        ("hall", (1,), []),
    ]
    assert await alive.tick(renew=True) == []
    with pytest.raises(LeaseLost):
        await dead.tick(renew=True)
    with pytest.raises(LeaseLost):
        await dead.apply(one(3, ONLINE), ())
    await dead.enter()
    (came,) = await dead.apply(one(1, ONLINE), ())
    assert [person.id for person in came.came] == [1]


async def test_nobody_is_reaped_by_a_process_that_itself_was_cut_off(cluster) -> None:
    first, second = await cluster.process(), await cluster.process()
    await second.apply(one(1, ONLINE), ())
    await beat(first, second)
    # The store stands still for all: everybody's lease has run out by the time it goes on.
    await _pass(LEASE_S * 2)
    assert await first.tick(renew=True) == []
    assert await second.tick(renew=True) == []
    await beat(first, second)
    assert await first.tick(renew=True) == []
    assert (await first.state("den", 10)).count == 1


async def test_who_missed_a_renewal_is_not_dead(cluster) -> None:
    first, second = await cluster.process(), await cluster.process()
    await second.apply(one(1, ONLINE), ())
    await beat(first, second)
    for _ in range(6):
        await _pass(LEASE_S / 10)
        assert await first.tick(renew=True) == []
    assert await second.tick(renew=True) == []


async def test_what_an_orderly_end_leaves_stays_for_its_users_way_to_another_process(cluster) -> None:
    stays, goes = await cluster.process(), await cluster.process()
    await goes.apply({"den": [Change(1, "a", ONLINE), Change(2, "b", ONLINE)]}, ())
    await beat(stays, goes)
    await goes.leave()
    assert await stays.apply({"den": [Change(1, "a", ONLINE)]}, ()) == []
    assert await stays.tick(renew=True) == []
    await beat(stays)
    diffs = [diff for each in await stays.tick(renew=True) for diff in await stays.reap(each.lease)]
    assert [diff.left for diff in diffs] == [(2,)]


async def test_a_store_that_lost_everything_settles_and_then_shows_all_of_it_as_newer(cluster) -> None:
    first, second = await cluster.process(), await cluster.process()
    await first.apply(one(1, ONLINE), ())
    await second.apply(one(2, ONLINE), ())
    before = (await first.tops(["den"]))["den"]
    await cluster.forget()
    # Before anybody has noticed: nothing is shown as empty that was only lost.
    for read in (second.state("den", 10), second.tops(["den"]), second.page("den", 0, 9), second.statuses("den", [1])):
        with pytest.raises(Settling):
            await read
    with pytest.raises(LeaseLost):
        await first.tick(renew=True)
    await first.enter()
    assert await first.apply(one(1, ONLINE), ()) == []
    for read in (first.state("den", 10), first.tops(["den"]), first.page("den", 0, 9), first.statuses("den", [1])):
        with pytest.raises(Settling):
            await read
    await second.enter()
    assert await second.apply(one(2, ONLINE), ()) == []
    await _pass(store.SETTLE_S / SCALE * 1.1)
    state = await first.state("den", 10)
    assert state.people is not None
    assert {person.id for person in state.people} == {1, 2}
    assert state.version > before.version


async def test_a_new_cluster_has_nothing_to_settle(cluster) -> None:
    first = await cluster.process()
    assert (await first.state("den", 10)).count == 0
    (came,) = await first.apply(one(1, ONLINE), ())
    assert came.count == 1


async def test_a_first_change_follows_the_snapshot_before_it(cluster) -> None:
    process = await cluster.process()
    empty = await process.state("den", 10)
    (came,) = await process.apply(one(1, ONLINE), ())
    assert came.prev == empty.version


async def test_redis_that_is_away_is_said_to_be_away(redis_url) -> None:
    lost = RedisStore("redis://127.0.0.1:1", "presence-away")
    with pytest.raises(StoreAway):
        await lost.enter()
    await lost.aclose()
    made = RedisStore(redis_url, next(PREFIXES))
    await made.enter()
    await made.touch(["den"])
    await made.aclose()


async def test_every_key_has_a_time_to_live(redis_url) -> None:
    from redis.asyncio import Redis

    prefix = next(PREFIXES)
    made = RedisStore(redis_url, prefix)
    await made.enter()
    await made.apply(one(1, ONLINE), ())
    await made.state("hall", 10)
    await made.tops(["yard"])
    await made.tick(renew=True)
    client = Redis.from_url(redis_url)
    keys = [key async for key in client.scan_iter(f"{prefix}:*")]
    lives = {key: await client.pttl(key) for key in keys}
    await client.aclose()
    await made.aclose()
    assert len(keys) == 5
    assert all(0 < life <= 7_200_000 for life in lives.values()), lives


async def test_a_redis_that_was_restarted_from_a_file_counts_as_one_that_lost_everything(
    start_redis, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr("presence.store.redis.SETTLE_S", 0.5)
    server = start_redis(dir=str(tmp_path))
    store = RedisStore(server.url, "presence-restarted")
    await store.enter()
    await store.apply(one(1, ONLINE), ())
    before = (await store.tops(["den"]))["den"]
    await store._redis.run("SAVE")
    await store.apply(one(2, ONLINE), ())
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.run)
    async with asyncio.timeout(20):
        while True:
            try:
                await store.tick(renew=True)
            except StoreAway:
                await asyncio.sleep(0.1)
            except LeaseLost:
                break
    with pytest.raises(Settling):
        await store.state("den", 10)
    await store.enter()
    await store.apply({"den": [Change(user, f"user-{user}", ONLINE) for user in (1, 2)]}, ())
    await asyncio.sleep(0.6)
    state = await store.state("den", 10)
    assert (state.count, state.version > before.version + 1) == (2, True)
    await store.aclose()
