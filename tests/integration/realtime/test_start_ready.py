"""When a server is ready: not before it has started, whatever is away, and no more once it is asked to end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from realtime import health
from realtime.server.lifespan import lifespan
from tests.integration.realtime.metrics import until
from tests.integration.realtime.people import people, readiness
from tests.support.chorus import ChorusServer

WITHIN_S = 15


@pytest.fixture
async def phases() -> AsyncIterator[dict[str, str]]:
    """The phase at each step of a server's life, as the application tells it."""
    health.ready()  # as after an import of config.asgi
    yield {}
    health.starting()


@pytest.mark.django_db(transaction=True)
async def test_a_server_with_a_lifespan_is_ready_when_it_has_started_and_no_more_when_it_ends(phases):
    incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def send(message: dict[str, Any]) -> None:
        phases[message["type"]] = health.report().phase

    living = asyncio.create_task(lifespan({"type": "lifespan"}, incoming.get, send))
    await asyncio.sleep(0)
    phases["loaded"] = health.report().phase
    for step in ("lifespan.startup", "lifespan.shutdown"):
        incoming.put_nowait({"type": step})
        while f"{step}.complete" not in phases:
            await asyncio.sleep(0.01)
    await living
    assert phases == {
        "loaded": "starting",
        "lifespan.startup.complete": "ready",
        "lifespan.shutdown.complete": "draining",
    }


def test_every_kind_of_server_is_ready_once_it_answers(chorus):
    status, report = readiness(chorus)
    assert isinstance(report.pop("reasons"), list)  # a busy machine may hold up a loop
    assert (status, report) == (200, {"ready": True, "phase": "ready", "database": "ok", "broker": "ok"})


async def becomes(server: ChorusServer, status: int, **expected: str) -> None:
    async with asyncio.timeout(WITHIN_S):
        while True:
            answer, report = await asyncio.to_thread(readiness, server)
            if answer == status and expected.items() <= report.items():
                return
            await asyncio.sleep(0.1)


async def test_without_its_database_a_server_starts_says_why_it_is_not_ready_and_becomes_so(
    start_chorus, start_postgres
):
    postgres = await asyncio.to_thread(start_postgres)
    await asyncio.to_thread(postgres.stop)
    server = await asyncio.to_thread(start_chorus, "serve", DATABASE_URL=postgres.url("chorus"))
    for _ in range(3):
        status, report = readiness(server)
        # Nobody relied on it yet: there is no patience of 10 s as there is for one that has worked.
        assert (status, report["database"], report["phase"]) == (503, "away", "starting")
    await until_logged(server, "The database does not answer; not ready until it does")
    await asyncio.to_thread(postgres.run)
    await becomes(server, 200, database="ok")
    log = server.log_tail()
    assert "Service Unavailable" not in log
    assert "Traceback" not in log


async def test_without_its_redis_a_server_starts_degraded_and_is_whole_when_it_comes(start_chorus, start_redis):
    redis = await asyncio.to_thread(start_redis)
    await asyncio.to_thread(redis.stop)
    server = await asyncio.to_thread(start_chorus, "serve", REDIS_URL=redis.url)
    await becomes(server, 200, broker="degraded")
    assert any(reason.startswith("The broker has been away for") for reason in readiness(server)[1]["reasons"])
    await until(server, lambda metrics: metrics["chorus_broker_degraded"] == 1)
    async with people(server, count=2) as (writer, reader):
        await writer.post("without Redis")
        await reader.reads("without Redis")
        await asyncio.to_thread(redis.run)
        await becomes(server, 200, broker="ok")
        assert not any("broker" in reason for reason in readiness(server)[1]["reasons"])
        metrics = await until(server, lambda metrics: metrics["chorus_broker_degraded"] == 0)
        assert metrics["chorus_broker_reconnects_total"] == 1
        assert metrics["chorus_broker_seconds"] > 0
        assert (writer.codes, reader.codes) == ([], [])
    log = server.log_tail()
    assert log.count("The broker is away") == 1
    assert log.count("The broker is back") == 1
    assert "Traceback" not in log


async def until_logged(server: ChorusServer, text: str) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(WITHIN_S):
            while text not in server.log_tail():
                await asyncio.sleep(0.1)
    assert text in server.log_tail()
