"""`dashboard/<name>` as clients meet it: the real hub and ticker, without the socket."""

from __future__ import annotations

import asyncio
import itertools
import json
import math
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Annotated, Any

import msgspec
import pytest

from dashboard import Source, number, publish_state, register, unregister
from dashboard.source import find_source
from dashboard.store import Claim, RedisStore
from dashboard.ticker import ticker
from realtime.executors import close_executors
from realtime.hub import current_hub
from realtime.identity import Identity
from realtime.protocol.errors import NotFound
from realtime.protocol.frames import Event
from realtime.redis import RedisCommands
from realtime.testing import TopicClient, close_hub
from tests.integration.dashboard import board
from tests.integration.dashboard.board import SOURCES, Ticks

PREFIXES = itertools.count(1)


class Level(msgspec.Struct):
    level: Annotated[float, number("Level")]


class LevelSource(Source[Level]):
    name = "level"
    title = "Level"


class Other(msgspec.Struct):
    """No state of a source's."""


STAFF = Identity(1, "ada", staff=True)
ANYBODY = Identity(2, "ben")


@pytest.fixture(autouse=True)
async def sources(tmp_path, monkeypatch, settings) -> AsyncIterator[None]:
    monkeypatch.setattr(board, "FOLDER", tmp_path)
    # Threads of other tests hold connections that may not be looked at here.
    await asyncio.to_thread(close_executors)
    for source in SOURCES:
        register(source)
    yield
    await close_hub()
    for source in SOURCES:
        unregister(source.name)


@pytest.fixture
async def enter():
    async with AsyncExitStack() as stack:

        async def connect(identity: Identity = STAFF) -> TopicClient:
            return await stack.enter_async_context(TopicClient(identity))

        yield connect


async def until(client: TopicClient, held: dict[str, Any], true) -> dict[str, Any]:
    """Merge what comes until it is so."""
    async with asyncio.timeout(10):
        while not true(held):
            event = await client.event()
            assert isinstance(event, Event)
            if event.event == "snapshot":
                held.clear()
                held.update(event.data)
            else:
                changed = dict(event.data)
                held["state"] |= changed.pop("state")
                held.update(changed)
    return held


async def watch(client: TopicClient, name: str) -> dict[str, Any]:
    reply = await client.subscribe(f"dashboard/{name}")
    return reply["snapshot"]


async def test_a_reader_is_shown_the_whole_and_then_what_changes(enter) -> None:
    client = await enter()
    held = await watch(client, "ticks")
    assert held["title"] == "Ticks"
    assert [field["name"] for field in held["fields"]] == ["count", "constant"]
    await until(client, held, lambda held: held["state"].get("count", 0) >= 1)
    event = await client.event("diff")
    assert isinstance(event, Event)
    assert set(event.data) == {"at", "state"}
    assert set(event.data["state"]) == {"count"}
    fresh = await watch(await enter(), "ticks")
    await until(client, held, lambda held: held["at"] >= fresh["at"])
    assert held["state"]["constant"] == fresh["state"]["constant"]


async def test_it_is_computed_once_for_all_who_look(enter, tmp_path) -> None:
    clients = [await enter() for _ in range(20)]
    held = [await watch(client, "ticks") for client in clients]
    for client, each in zip(clients, held, strict=True):
        await until(client, each, lambda held: held["state"].get("count", 0) >= 4)
    assert len((tmp_path / "ticks.txt").read_text().splitlines()) <= 6
    assert len({each["at"] for each in held}) == 1


async def test_who_may_not_see_it_is_told_what_is_told_of_none(enter) -> None:
    client = await enter(ANYBODY)
    with pytest.raises(NotFound) as hidden:
        await client.subscribe("dashboard/pushed")
    with pytest.raises(NotFound) as absent:
        await client.subscribe("dashboard/absent")
    assert hidden.value.message == absent.value.message
    assert (await watch(client, "ticks"))["name"] == "ticks"


async def test_a_source_that_fails_is_stale_with_its_last_state_and_recovers(enter, tmp_path) -> None:
    client = await enter()
    held = await watch(client, "failing")
    await until(client, held, lambda held: held["state"].get("count") == 1 and held["stale"] is None)
    (tmp_path / "fail").touch()
    await until(client, held, lambda held: held["stale"] is not None)
    assert held["stale"]["reason"] == "failed"
    assert held["state"]["count"] == 1
    assert "hunter2" not in json.dumps(held)
    (tmp_path / "fail").unlink()
    await until(client, held, lambda held: held["stale"] is None)


async def test_a_source_that_never_comes_back_is_stale_and_hurts_no_other(enter) -> None:
    client, other = await enter(), await enter()
    held = await watch(client, "hanging")
    await until(client, held, lambda held: held["stale"] is not None)
    assert held["stale"]["reason"] == "slow"
    ticks = await watch(other, "ticks")
    await until(other, ticks, lambda held: held["state"].get("count", 0) >= 3)


async def test_a_source_that_takes_long_counts_once_it_is_there(enter) -> None:
    client = await enter()
    held = await watch(client, "sleepy")
    await until(client, held, lambda held: held["stale"] is not None and held["stale"]["reason"] == "slow")
    await until(client, held, lambda held: held["stale"] is None and held["state"].get("count") == 1)


async def test_a_pushed_state_is_told_at_once_and_the_newest_stays(enter) -> None:
    client = await enter()
    held = await watch(client, "pushed")
    assert held["at"] is None
    for count in range(1, 30):
        publish_state("pushed", Ticks(count))
    await until(client, held, lambda held: held["state"].get("count") == 29)
    assert (await watch(await enter(), "pushed"))["state"]["count"] == 29


async def test_a_state_can_be_pushed_from_any_thread(enter) -> None:
    client = await enter()
    held = await watch(client, "pushed")
    await asyncio.to_thread(publish_state, "pushed", Ticks(7))
    await until(client, held, lambda held: held["state"].get("count") == 7)


async def test_what_is_no_state_of_the_source_is_refused_where_it_is_pushed() -> None:
    with pytest.raises(LookupError, match="absent"):
        publish_state("absent", Ticks())
    with pytest.raises(TypeError, match="PushedSource gave Other and not Ticks"):
        publish_state("pushed", Other())


async def test_what_is_computed_for_readers_alone_rests_while_there_are_none(enter, tmp_path) -> None:
    ticker(current_hub())
    await asyncio.sleep(0.6)
    assert not (tmp_path / "lazy.txt").exists()
    client = await enter()
    held = await watch(client, "lazy")
    await until(client, held, lambda held: held["state"].get("count") == 1)
    await client.unsubscribe("dashboard/lazy")
    await asyncio.sleep(0.4)
    computed = (tmp_path / "lazy.txt").read_text()
    await asyncio.sleep(0.6)
    assert (tmp_path / "lazy.txt").read_text() == computed


async def test_a_limit_that_is_passed_is_told_on_its_dashboard_and_in_the_list_of_all(enter) -> None:
    client, listener = await enter(), await enter()
    held, alerts = await watch(client, "pushed"), await watch(listener, "alerts")
    publish_state("pushed", Ticks(1_000_001))
    await until(client, held, lambda held: bool(held["alerts"]))
    assert {key: held["alerts"][0][key] for key in ("field", "severity", "limit")} == {
        "field": "count", "severity": "warning", "limit": 1_000_000,
    }  # fmt: skip
    await until(listener, alerts, lambda held: held["state"].get("warnings") == 1)
    (firing,) = alerts["state"]["firing"]
    assert (firing["dashboard"], firing["label"]) == ("pushed", "Computations")
    publish_state("pushed", Ticks(5))
    await until(client, held, lambda held: not held["alerts"])
    await until(listener, alerts, lambda held: held["state"]["warnings"] == 0)
    assert [each["id"] for each in alerts["state"]["recent"]] == [firing["id"]]


async def test_the_past_is_there_for_who_comes_later(enter) -> None:
    client = await enter()
    held = await watch(client, "ticks")
    await until(client, held, lambda held: held["state"].get("count", 0) >= 10)
    source = find_source("ticks")
    assert source is not None
    past = await ticker(current_hub()).history.past(source, 5)
    assert past.step_s == 1.0
    known = [value for value in past.fields["count"] if value is not None]
    assert len(known) >= 2
    assert known == sorted(known)


async def test_a_state_whose_publication_was_lost_is_told_by_the_next_comparison(enter, monkeypatch) -> None:
    client = await enter()
    held = await watch(client, "pushed")
    publish_state("pushed", Ticks(1))
    await until(client, held, lambda held: held["state"].get("count") == 1)
    monkeypatch.setattr("dashboard.committer.publish", lambda publications: None)
    publish_state("pushed", Ticks(2))
    await until(client, held, lambda held: held["state"]["count"] == 2)


async def test_what_a_source_knows_of_its_past_is_what_charts_begin_with(enter) -> None:
    client = await enter()
    held = await watch(client, "remembering")
    await until(client, held, lambda held: held["state"].get("count") == 1)
    source = find_source("remembering")
    assert source is not None
    past = await ticker(current_hub()).history.past(source, 60)
    assert [value for value in past.fields["count"] if value is not None][:3] == [101, 102, 103]


async def test_a_source_that_never_finds_its_past_is_stale_like_one_that_never_comes_back(enter) -> None:
    client = await enter()
    held = await watch(client, "lost")
    await until(client, held, lambda held: held["stale"] is not None)
    assert held["stale"]["reason"] == "slow"


async def test_a_source_that_ends_the_process_only_fails(enter) -> None:
    client, other = await enter(), await enter()
    held = await watch(client, "leaving")
    await until(client, held, lambda held: held["stale"] is not None)
    assert (held["stale"]["reason"], held["stale"]["detail"]) == ("failed", "ComputeEnded")
    ticks = await watch(other, "ticks")
    await until(other, ticks, lambda held: held["state"].get("count", 0) >= 3)


async def test_who_begins_to_look_does_not_wait_an_interval_for_the_first_state(enter) -> None:
    ticker(current_hub())
    await asyncio.sleep(0.2)
    client = await enter()
    held = await watch(client, "rare")
    await until(client, held, lambda held: held["state"].get("count") == 1)


async def test_a_state_that_was_read_long_ago_is_shown_with_the_clock_of_now(enter) -> None:
    first, client = await enter(), await enter()
    held = await watch(first, "pushed")
    publish_state("pushed", Ticks(1))
    await until(first, held, lambda held: held["state"].get("count") == 1)
    before = await watch(client, "pushed")
    await asyncio.sleep(0.3)
    after = await watch(await enter(), "pushed")
    assert after["now"] - before["now"] >= 300


async def test_what_is_no_number_can_be_pushed_and_is_not_known(enter) -> None:
    register(LevelSource)
    try:
        client = await enter()
        held = await watch(client, "level")
        publish_state("level", Level(math.nan))
        await until(client, held, lambda held: "level" in held["state"])
        assert held["state"]["level"] is None
    finally:
        unregister("level")


async def test_a_value_of_another_type_is_refused_where_it_is_pushed() -> None:
    with pytest.raises(TypeError, match=r"\$\.count"):
        publish_state("pushed", Ticks("5"))  # type: ignore[arg-type]


# --- with a Redis ---------------------------------------------------------------------------------


@pytest.fixture
def shared(settings, redis_url, request) -> dict[str, str]:
    settings.DASHBOARD = {"REDIS_URL": redis_url, "PREFIX": f"topics-{next(PREFIXES)}"}
    return settings.DASHBOARD


async def test_of_states_that_are_pushed_faster_than_redis_takes_them_the_newest_stays(enter, shared) -> None:
    client = await enter()
    held = await watch(client, "pushed")
    for count in range(1, 101):
        publish_state("pushed", Ticks(count))
    await until(client, held, lambda held: held["state"].get("count") == 100)
    assert (await watch(await enter(), "pushed"))["state"]["count"] == 100


async def test_who_ends_in_the_middle_of_a_computation_leaves_it_to_others_at_once(enter, shared, tmp_path) -> None:
    client = await enter()
    held = await watch(client, "sleepy")
    await until(client, held, lambda held: held["stale"] is not None)
    await current_hub().aclose()
    await asyncio.sleep(0.3)
    other = RedisStore(shared["REDIS_URL"], shared["PREFIX"])
    try:
        assert list((await other.claim([Claim("sleepy", 250, 0, 2_300)])).names) == ["sleepy"]
    finally:
        await other.aclose()


async def test_what_was_pushed_is_there_again_after_redis_lost_it_in_a_moment(enter, shared) -> None:
    client = await enter()
    held = await watch(client, "pushed")
    publish_state("pushed", Ticks(7))
    await until(client, held, lambda held: held["state"].get("count") == 7)
    redis = RedisCommands(shared["REDIS_URL"], "test")
    kept = f"{shared['PREFIX']}:dashboard:kept"
    try:
        await redis.run("DEL", kept)
        await cut(redis)
        async with asyncio.timeout(10):
            while await redis.run("HEXISTS", kept, "pushed") != 1:
                await asyncio.sleep(0.05)
    finally:
        await redis.close()
    assert not ticker(current_hub()).store.alone


async def cut(redis: RedisCommands) -> None:
    """Close the dashboards' connection, as a Redis that is restarted does."""
    listed = await redis.run("CLIENT", "LIST")
    assert isinstance(listed, bytes)
    for line in listed.decode().splitlines():
        words = dict(word.partition("=")[::2] for word in line.split())
        if words["name"] == "chorus-dashboard":
            await redis.run("CLIENT", "KILL", "ID", words["id"])
