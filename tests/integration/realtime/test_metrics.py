"""The metrics of several workers and of another server: one page, whoever answers."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path

from prometheus_client.multiprocess import MultiProcessCollector

from tests.integration.realtime.metrics import ERRORS, OPEN, answer, read, sample, until
from tests.integration.realtime.sockets import WITHIN_S, Sock, sock
from tests.support.chorus import ChorusServer

TOKEN = "the-token-of-these-tests"


async def test_on_another_server_it_is_the_same_page_for_the_same_people(start_chorus):
    server = start_chorus("daphne", CHORUS_METRICS_TOKEN=TOKEN, CHORUS_AUTH_WITHIN_S="60")
    async with sock(server) as one:
        await one.put("nonsense")
        assert (await one.next())["code"] == "bad_frame"
        metrics = await read(server)
        assert (metrics[OPEN], metrics[sample(ERRORS, "bad_frame")]) == (1, 1)
    await until(server, lambda metrics: metrics[OPEN] == 0)
    elsewhere = {"X_Forwarded_For": "127.0.0.1"}
    assert (await asyncio.to_thread(answer, server, **elsewhere))[0] == 403
    assert (await asyncio.to_thread(answer, server, **elsewhere, Authorization=f"Bearer {TOKEN}"))[0] == 200


async def test_any_worker_answers_for_all_and_a_killed_one_leaves_only_what_it_counted(start_chorus, tmp_path):
    server = start_chorus("cluster", TMPDIR=str(tmp_path), CHORUS_AUTH_WITHIN_S="60")
    (folder,) = tmp_path.glob("chorus-metrics-*")
    bad = sample(ERRORS, "bad_frame")
    async with contextlib.AsyncExitStack() as stack:
        everybody = await spread(stack, server, folder)
        for one in everybody:
            await one.put("nonsense")
            await one.next()
        for _ in range(10):
            metrics = await read(server)
            assert (metrics[OPEN], metrics[bad]) == (len(everybody), len(everybody))
        victim, lost = next(iter(open_by_worker(folder).items()))
        os.kill(victim, signal.SIGKILL)
        metrics = await until(server, lambda metrics: metrics[OPEN] != len(everybody))
        assert (metrics[OPEN], metrics[bad]) == (len(everybody) - lost, len(everybody))
        assert victim not in open_by_worker(folder)
    await until(server, lambda metrics: metrics[OPEN] == 0)
    assert await asyncio.to_thread(server.stop) == 0
    assert list(tmp_path.iterdir()) == []


async def spread(stack: contextlib.AsyncExitStack, server: ChorusServer, folder: Path) -> list[Sock]:
    """Connections until each of two workers has some: the kernel deals them out as it likes."""
    everybody: list[Sock] = []
    async with asyncio.timeout(WITHIN_S):
        while len(everybody) < 10 or len(open_by_worker(folder)) < 2:
            several = (stack.enter_async_context(sock(server)) for _ in range(5))
            everybody += await asyncio.gather(*several)
    return everybody


def open_by_worker(folder: Path) -> dict[int, int]:
    """How many connections each worker says it has, of those that have any."""
    found = {}
    for path in folder.glob("gauge_livesum_*.db"):
        samples = [one for family in MultiProcessCollector.merge([str(path)]) for one in family.samples]
        found[int(path.stem.rpartition("_")[2])] = int(sum(one.value for one in samples if one.name == OPEN))
    return {pid: number for pid, number in found.items() if number}
