"""Our layer while Redis is killed, frozen, or cuts it off: everybody gets an answer in time, and it comes back.

What is lost meanwhile is lost here; that nobody misses it is the hub's affair (test_healing.py).
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest
from redis.asyncio import Redis

from realtime.redis import RedisChannelLayer
from realtime.redis.connection import CONNECT_WITHIN_S
from realtime.redis.link import PAUSE_MAX_S
from realtime.redis.subscriptions import ANSWER_WITHIN_S, PING_AFTER_S
from tests.support.proxy import Proxy
from tests.support.redis import RedisServer

GROUPS = 200
MARGIN_S = 1.0
# What a call may take with Redis frozen: a connection to be waited for, then the longest answer.
CALL_WITHIN_S = 1.0 + ANSWER_WITHIN_S + MARGIN_S
BACK_WITHIN_S = PAUSE_MAX_S + CONNECT_WITHIN_S + MARGIN_S
# Looks are PING_AFTER_S apart; the first one may find that something had come just before.
FOUND_WITHIN_S = 2 * PING_AFTER_S + ANSWER_WITHIN_S + BACK_WITHIN_S


class Site:
    """A layer with one channel in many groups, what it heard, and when it was told that something may be missing."""

    def __init__(self, url: str) -> None:
        self.layer = RedisChannelLayer(url)
        self.heard: list[Any] = []
        self.told: list[float] = []
        self._numbers = itertools.count()

    async def open(self) -> None:
        self.channel = await self.layer.new_channel()
        await asyncio.gather(*(self.layer.group_add(f"g{number}", self.channel) for number in range(GROUPS)))
        self.layer.deliver_to(self.channel, self.heard.append, missed=lambda: self.told.append(time.monotonic()))

    async def all_groups_are_heard(self) -> None:
        """Without a look at the connections: what is sent once the layer says that it is whole arrives."""
        sent = [{"n": next(self._numbers)} for _ in range(GROUPS)]
        await self.layer.group_send_many([(f"g{number}", message) for number, message in enumerate(sent)])
        async with asyncio.timeout(MARGIN_S):
            while self.heard[-GROUPS:] != sent:
                await asyncio.sleep(0.01)

    async def is_told(self, times: int, within_s: float) -> None:
        async with asyncio.timeout(within_s):
            while len(self.told) < times:
                await asyncio.sleep(0.01)


@pytest.fixture
async def server(start_redis) -> RedisServer:
    return await asyncio.to_thread(start_redis)


@pytest.fixture
async def site(server) -> AsyncIterator[Site]:
    site = Site(server.url)
    await site.open()
    await site.all_groups_are_heard()
    yield site
    await site.layer.close()


async def fails_in_time(call: Awaitable[Any]) -> None:
    """It ends by itself, with the one kind of error that means this."""
    start = time.monotonic()
    with pytest.raises(ConnectionError):
        await call
    assert time.monotonic() - start < CALL_WITHIN_S


async def test_after_a_restart_everything_is_heard_again_and_the_owner_is_told_once(server, site):
    for times in (1, 2):
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.run)
        await site.is_told(times, BACK_WITHIN_S)
        await site.all_groups_are_heard()
        assert len(site.told) == times


async def test_a_message_sent_during_a_restart_waits_for_redis_to_be_back(server, site):
    await asyncio.to_thread(server.kill)
    sending = asyncio.ensure_future(site.layer.group_send("g0", {"n": "during"}))
    await asyncio.to_thread(server.run)
    await sending


async def test_while_redis_is_down_calls_fail_in_time_and_leave_nothing_behind(server, site):
    await asyncio.to_thread(server.kill)
    for _ in range(2):
        await asyncio.gather(
            fails_in_time(site.layer.group_send("g0", {"n": 1})),
            fails_in_time(site.layer.group_send_many([("g0", {"n": 1})] * 2)),
            fails_in_time(site.layer.new_channel()),
            fails_in_time(site.layer.group_add("new", site.channel)),
        )
    await site.layer.group_discard("g1", site.channel)
    await asyncio.to_thread(server.run)
    await site.is_told(1, BACK_WITHIN_S)
    async with Redis.from_url(server.url) as redis:
        names = {name.decode() for name in await redis.pubsub_channels()}
    assert len(names) == GROUPS
    assert not {name for name in names if name.endswith(("__new", "__g1"))}


async def test_frozen_it_costs_each_caller_its_deadline_and_nobody_anothers(server, site):
    server.freeze()
    start = time.monotonic()
    await asyncio.gather(*(fails_in_time(site.layer.group_send(f"g{n}", {"n": n})) for n in range(50)))
    # channels_redis would have taken fifty times its deadline, one caller after the other.
    assert time.monotonic() - start < CALL_WITHIN_S
    await asyncio.gather(fails_in_time(site.layer.group_add("new", site.channel)), _later_calls(site))
    server.thaw()
    await site.is_told(1, FOUND_WITHIN_S)
    await site.all_groups_are_heard()


async def _later_calls(site: Site) -> None:
    for number in range(3):
        await fails_in_time(site.layer.group_send("g0", {"n": number}))


async def test_a_short_freeze_costs_no_subscription(server, site):
    server.freeze()
    await asyncio.sleep(1.5)
    server.thaw()
    await site.all_groups_are_heard()
    assert site.told == []


async def test_a_late_reply_is_nobody_elses(server, site):
    """Callers give up one after the other while replies are held back; the answers still belong to who asked."""
    for round_number in range(5):
        server.freeze()
        gone = [asyncio.ensure_future(site.layer.group_send_many([("g0", {"n": 0})] * 3)) for _ in range(5)]
        await asyncio.sleep(0.05)
        for call in gone[::2]:
            call.cancel()
        refused = asyncio.ensure_future(_command(site, b"*1\r\n$6\r\nNO-SUC\r\n"))
        await asyncio.sleep(0.05)
        server.thaw()
        results = await asyncio.gather(*gone, refused, return_exceptions=True)
        assert [isinstance(result, asyncio.CancelledError) for result in results[:-1]] == [True, False] * 2 + [True]
        assert "unknown command" in str(results[-1]), round_number
        await site.all_groups_are_heard()


async def _command(site: Site, data: bytes) -> None:
    await site.layer._end().publish(data, 1)


@pytest.mark.parametrize("name", ["chorus-publish", "chorus-subscribe"])
async def test_a_connection_that_is_killed_comes_back(server, site, name):
    async with Redis.from_url(server.url) as redis:
        for _ in range(3):
            told = len(site.told)
            (client,) = [client for client in await redis.client_list() if client["name"] == name]
            await redis.client_kill_filter(_id=client["id"])
            if name == "chorus-subscribe":
                await site.is_told(told + 1, BACK_WITHIN_S)
            else:
                await asyncio.sleep(0.05)
            await site.all_groups_are_heard()
    assert name == "chorus-subscribe" or site.told == []


async def test_who_listens_to_nothing_any_more_does_not_come_back(server, site):
    site.layer.close_channel(site.channel)
    async with Redis.from_url(server.url) as redis:
        (client,) = [client for client in await redis.client_list() if client["name"] == "chorus-subscribe"]
        await redis.client_kill_filter(_id=client["id"])
        await asyncio.sleep(0.5)
        assert "chorus-subscribe" not in {client["name"] for client in await redis.client_list()}


async def test_a_redis_that_cuts_every_connection_is_not_asked_in_a_tight_loop(server, site):
    async with Redis.from_url(server.url) as redis:
        before = (await redis.info("stats"))["total_connections_received"]
        end = time.monotonic() + 3
        while time.monotonic() < end:
            await redis.client_kill_filter(_type="pubsub")
            await asyncio.sleep(0.001)
        assert (await redis.info("stats"))["total_connections_received"] - before < 30
        # It may have come back since, and have been told so; then this is another interruption.
        told = len(site.told)
        await redis.client_kill_filter(_type="pubsub")
    await site.is_told(told + 1, BACK_WITHIN_S)
    await site.all_groups_are_heard()


async def test_a_connection_that_carries_nothing_more_is_found(server):
    with Proxy(server.port) as proxy:
        site = Site(f"redis://127.0.0.1:{proxy.port}/0")
        await site.open()
        assert await asyncio.to_thread(proxy.silence) == 1  # nothing was published yet
        await site.is_told(1, FOUND_WITHIN_S)
        await site.all_groups_are_heard()
        await asyncio.to_thread(proxy.silence)
        await fails_in_time(site.layer.group_send("g0", {"n": 1}))
        await site.is_told(2, FOUND_WITHIN_S)
        await site.all_groups_are_heard()
        await site.layer.close()


async def test_a_subscriber_that_redis_drops_as_too_slow_comes_back(server, site):
    async with Redis.from_url(server.url) as redis:
        await redis.config_set("client-output-buffer-limit", "pubsub 1mb 1mb 0")
        transport = site.layer._end()._subscriptions._link.connection._transport
        transport.pause_reading()
        for _ in range(300):
            await redis.publish("chorus__group__g0", b"x" * 65_536)
        transport.resume_reading()
    await site.is_told(1, FOUND_WITHIN_S)
    await site.all_groups_are_heard()
