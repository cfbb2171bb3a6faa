"""What both stores promise, by one set of tests: in memory and on a real Redis, several processes on each."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable

import pytest

from dashboard.store import Claim, Kept, MemoryStore, RedisStore, Row, Shelf, Store, StoreAway
from dashboard.store import memory as memory_module
from dashboard.store import redis as redis_module

PREFIXES = (f"dashboard-{number}" for number in itertools.count(1))
LAYOUT = "abc"


@pytest.fixture(params=["memory", "redis"])
async def process(request) -> AsyncIterator[Callable[[], Store]]:
    """Makes another process of one cluster."""
    made: list[Store] = []
    if request.param == "memory":
        shelf = Shelf()

        def make() -> Store:
            return MemoryStore(shelf)
    else:
        url, prefix = request.getfixturevalue("redis_url"), next(PREFIXES)

        def make() -> Store:
            made.append(RedisStore(url, prefix))
            return made[-1]

    async with asyncio.timeout(60):
        yield make
    for each in made:
        await each.aclose()


async def claimed(store: Store, *, interval_ms: int = 200, phase_ms: int = 0, lease_ms: int = 400) -> bool:
    return bool((await store.claim([Claim("a", interval_ms, phase_ms, lease_ms)])).names)


async def test_a_source_is_due_once_an_interval_for_whoever_asks_first(process) -> None:
    one, other = process(), process()
    assert await claimed(one)
    assert not await claimed(other)
    await one.release("a")
    assert not await claimed(other)
    await asyncio.sleep(0.21)
    answers = await asyncio.gather(*(claimed(each) for each in [one, other] * 5))
    assert answers.count(True) == 1


async def test_computations_lie_on_the_same_clock_in_every_process(process) -> None:
    store = process()
    found = await store.claim([Claim("a", 200, 50, 10)])
    assert abs(found.now_ms - time.time() * 1000) < 1_000
    await asyncio.sleep((200 - (found.now_ms - 50) % 200 + 5) / 1000)
    assert await claimed(store, phase_ms=50, lease_ms=10)


async def test_who_computes_is_not_joined_by_another_unless_it_takes_too_long(process) -> None:
    one, other = process(), process()
    assert await claimed(one, interval_ms=100, lease_ms=350)
    await asyncio.sleep(0.15)
    assert not await claimed(other, interval_ms=100)
    await asyncio.sleep(0.25)
    assert await claimed(other, interval_ms=100)


async def test_an_interval_that_became_shorter_holds_at_once(process) -> None:
    store = process()
    assert await claimed(store, interval_ms=3_600_000, lease_ms=1)
    await asyncio.sleep(0.01)
    assert await claimed(store, interval_ms=200)


async def test_who_claimed_before_the_clock_was_set_back_does_not_hold_it_for_ever(process) -> None:
    store = process()
    # To a clock that was set back an hour, a claim lies as far ahead as this one.
    assert await claimed(store, lease_ms=3_600_000)
    await asyncio.sleep(0.21)
    assert await claimed(store, lease_ms=400)


async def test_a_document_is_replaced_only_by_who_has_seen_it(process) -> None:
    one, other = process(), process()
    assert await one.read(["a", "b"]) == {}
    assert await one.commit("a", None, Kept(1_796_034_381_486_001, b'{"x":1}'), None, release=False)
    assert await other.read(["b", "a"]) == {"a": Kept(1_796_034_381_486_001, b'{"x":1}')}
    assert not await other.commit("a", None, Kept(2, b"{}"), None, release=False)
    assert not await other.commit("a", 1_796_034_381_486_000, Kept(2, b"{}"), None, release=False)
    assert await other.commit("a", 1_796_034_381_486_001, Kept(1_796_034_381_486_002, b"{}"), None, release=False)
    assert (await one.read(["a"]))["a"].version == 1_796_034_381_486_002


async def test_a_commit_that_releases_lets_the_next_begin_when_it_is_due(process) -> None:
    store = process()
    assert await claimed(store, interval_ms=100, lease_ms=60_000)
    assert await store.commit("a", None, Kept(1, b"{}"), None, release=True)
    await asyncio.sleep(0.11)
    assert await claimed(store, interval_ms=100)


async def test_rows_are_kept_in_order_thinned_and_up_to_a_number(process) -> None:
    store = process()
    version = itertools.count(1)
    base = None
    for at in [1_000, 1_100, 2_000, 3_000, 4_000]:
        row = Row(LAYOUT, at, b"[%d,1]" % at, 3)
        now = next(version)
        assert await store.commit("a", base, Kept(now, b"{}"), row, release=False)
        base = now
    assert list(await store.rows("a", LAYOUT, 0)) == [b"[2000,1]", b"[3000,1]", b"[4000,1]"]
    assert list(await store.rows("a", LAYOUT, 2_000)) == [b"[3000,1]", b"[4000,1]"]
    assert list(await store.rows("a", "other", 0)) == []


async def test_a_row_of_a_commit_that_came_too_late_is_not_kept(process) -> None:
    store = process()
    assert await store.commit("a", None, Kept(1, b"{}"), None, release=False)
    assert not await store.commit("a", None, Kept(2, b"{}"), Row(LAYOUT, 9, b"[9]", 5), release=False)
    assert list(await store.rows("a", LAYOUT, 0)) == []


async def test_a_word_is_said_once_in_the_cluster(process) -> None:
    one, other = process(), process()
    said = await asyncio.gather(one.once("w"), other.once("w"), one.once("w"))
    assert said.count(True) == 1
    assert await other.once("another")


async def test_what_processes_say_of_themselves_ages_and_goes(process, monkeypatch) -> None:
    for module in (memory_module, redis_module):
        monkeypatch.setattr(module, "SAMPLES_KEPT_MS", 300)
    one, other = process(), process()
    await one.say("p1", b"1")
    await other.say("p2", b"2")
    await asyncio.sleep(0.15)
    await one.say("p1", b"3")
    told = await other.said()
    assert [(each.process, each.body) for each in told] == [("p1", b"3"), ("p2", b"2")]
    assert told[0].ago_ms < 100 <= told[1].ago_ms
    await asyncio.sleep(0.2)
    assert [each.process for each in await one.said()] == ["p1"]
    await one.unsay("p1")
    assert await one.said() == []


async def test_a_redis_that_is_not_there_is_away_and_says_so() -> None:
    store = RedisStore("redis://127.0.0.1:1/0", "x")
    with pytest.raises(StoreAway):
        await store.read(["a"])
    await store.aclose()


async def test_a_past_that_is_known_is_kept_where_none_is(process) -> None:
    store = process()
    known = [Row(LAYOUT, at * 1_000, b"[%d,1]" % (at * 1_000), 2_000) for at in range(1, 2_101)]
    await store.fill("a", known)
    rows = await store.rows("a", LAYOUT, 0)
    assert (len(rows), rows[0], rows[-1]) == (2_000, b"[101000,1]", b"[2100000,1]")
    await store.fill("a", [Row(LAYOUT, 5_000_000, b"[5000000,2]", 2_000)])
    assert len(await store.rows("a", LAYOUT, 0)) == 2_000
    assert (await store.rows("a", LAYOUT, 2_099_000)) == [b"[2100000,1]"]


@pytest.mark.parametrize("apart_ms", [1_000, 10])
async def test_the_past_after_a_moment_is_whole_however_close_its_rows_lie(redis_url, apart_ms) -> None:
    store = RedisStore(redis_url, next(PREFIXES))
    now = time.time_ns() // 1_000_000
    moments = [now - number * apart_ms for number in range(1_000, 0, -1)]
    await store.fill("a", [Row(LAYOUT, at, b"[%d,1]" % at, 2_000) for at in moments])
    since = now - 60 * apart_ms
    found = await store.rows("a", LAYOUT, since)
    await store.aclose()
    assert found == [b"[%d,1]" % at for at in moments if at > since]


async def test_of_an_hour_only_the_minutes_that_are_asked_for_are_read(redis_url, monkeypatch) -> None:
    store = RedisStore(redis_url, next(PREFIXES))
    now = time.time_ns() // 1_000_000
    await store.fill("a", [Row(LAYOUT, at, b"[%d,1]" % at, 4_000) for at in range(now - 3_600_000, now, 1_000)])
    read: list[int] = []
    asked = store._redis.run

    async def run(*words):
        found = await asked(*words)
        read.append(len(found))
        return found

    monkeypatch.setattr(store._redis, "run", run)
    assert len(await store.rows("a", LAYOUT, now - 300_000)) >= 299
    assert sum(read) <= 400
    await store.aclose()
