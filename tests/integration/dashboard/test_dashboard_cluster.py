"""Dashboards over several processes: computed once, by whoever is there, with Redis and without."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from realtime.client import RealtimeClient
from tests.integration.dashboard.watching import Watcher

INTERVAL_S = 0.25


def computed(site: Path) -> list[float]:
    return [float(line) for line in (site / "board_site" / "ticks.txt").read_text().splitlines()]


def tokens(server, count: int) -> list[str]:
    return server.manage("loadtest_users", "--count", str(count), "--room", "den", "--yes").split()


async def start(start_board, *arguments: str, **options):
    return await asyncio.to_thread(start_board, *arguments, **options)


async def test_each_interval_is_computed_once_whatever_the_number_of_processes(start_board, site) -> None:
    server = await start(start_board, "cluster", workers=3)
    (token, other) = await asyncio.to_thread(tokens, server, 2)
    async with Watcher(server, token, "ticks") as one, Watcher(server, other, "ticks") as two:
        await one.until(lambda held: held["state"].get("count", 0) >= 4)
        began = time.time()
        await asyncio.sleep(3)
        times = [at for at in computed(site) if at >= began]
        assert 8 <= len(times) <= 13
        assert one.held["at"] == two.held["at"] or abs(one.held["at"] - two.held["at"]) <= 2 * INTERVAL_S * 1000
        slots = [int(at / INTERVAL_S) for at in times]
        # At most one that is so late as to lie in its neighbour's slot.
        assert len(slots) - len(set(slots)) <= 1


@pytest.mark.parametrize("how", ["stopped", "frozen"])
async def test_with_redis_away_a_process_goes_on_by_itself_and_comes_back(start_board, start_redis, site, how) -> None:
    redis = await asyncio.to_thread(start_redis)
    server = await start(start_board, "serve", REDIS_URL=redis.url)
    (token,) = await asyncio.to_thread(tokens, server, 1)
    async with Watcher(server, token, "ticks") as watcher:
        await watcher.until(lambda held: held["state"].get("count", 0) >= 2)
        await asyncio.to_thread(redis.kill if how == "stopped" else redis.freeze)
        await watcher.until(lambda held: held["alone"])
        count = watcher.held["state"]["count"]
        await watcher.until(lambda held: held["state"]["count"] > count)
        await asyncio.to_thread(redis.run if how == "stopped" else redis.thaw)
        await watcher.until(lambda held: not held["alone"])
        count = watcher.held["state"]["count"]
        await watcher.until(lambda held: held["state"]["count"] > count)
        assert watcher.held["state"]["constant"].startswith("the same text")


async def test_a_state_is_pushed_from_a_command_to_readers_of_every_process(start_board, site) -> None:
    server = await start(start_board, "cluster")
    staff = await asyncio.to_thread(staff_token, server)
    push = (
        "from dashboard import publish_state as tell; from board_site.dashboards import Ticks; tell('pushed', Ticks(5))"
    )
    watchers = [Watcher(server, staff, "pushed") for _ in range(4)]
    try:
        for each in watchers:
            await each.__aenter__()
        await asyncio.to_thread(server.manage, "shell", "-c", push)
        for each in watchers:
            await each.until(lambda held: held["state"].get("count") == 5)
    finally:
        for each in watchers:
            await each.__aexit__()


def children(pid: int) -> list[int]:
    """The workers of a `serve`."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def staff_token(server) -> str:
    make = (
        "from accounts.models import User; from rest_framework_simplejwt.tokens import AccessToken;"
        "user = User.objects.create_user('chief', password='x', is_staff=True); print(AccessToken.for_user(user))"
    )
    return server.manage("shell", "-v", "0", "-c", make).split()[-1]


async def test_a_killed_worker_is_missed_by_no_tick_and_leaves_the_list_of_processes(start_board, site) -> None:
    server = await start(start_board, "cluster", workers=2)
    staff = await asyncio.to_thread(staff_token, server)
    async with Watcher(server, staff, "processes") as watcher, Watcher(server, staff, "ticks") as ticks:
        await watcher.until(lambda held: held["state"].get("workers") == 2)
        victim = children(server.pid)[0]
        os.kill(victim, signal.SIGKILL)
        count = len(computed(site))

        def state_of(held) -> str | None:
            return next((row["state"] for row in held["state"]["rows"] if row["pid"] == str(victim)), None)

        await ticks.until(lambda held: held["state"]["count"] >= count + 4)
        await watcher.until(lambda held: state_of(held) == "late")
        assert watcher.held["state"]["late"] == 1
        await watcher.until(lambda held: state_of(held) is None, within_s=25)
        await watcher.until(lambda held: held["state"]["workers"] == 2)


async def test_what_processes_do_is_added_up_in_the_overview(start_board, site) -> None:
    server = await start(start_board, "cluster", workers=2)
    staff = await asyncio.to_thread(staff_token, server)
    (token,) = await asyncio.to_thread(tokens, server, 1)
    talker = RealtimeClient(server.ws_url, token=token)
    async with Watcher(server, staff, "overview") as watcher:
        talker.start()
        await talker.subscribe("chat/den", listener=lambda received: None)
        await watcher.until(lambda held: held["state"].get("workers") == 2 and held["state"]["connections"] == 2)
        for number in range(20):
            await talker.post("chat/den", "message.post", {"text": f"{number}"})
        await watcher.until(lambda held: held["state"]["messages"] > 0 and held["state"]["deliveries"] > 0)
        await watcher.until(lambda held: held["state"]["ack_p99"] is not None)
        await talker.stop()
        await watcher.until(lambda held: held["state"]["connections"] == 1)
