"""What a server that is used says of itself: its metrics, of one worker or two, and its log, which keeps secrets."""

from __future__ import annotations

import asyncio
import contextlib
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.realtime.metrics import read, until
from tests.integration.realtime.sockets import WITHIN_S, Hall, open_hall, sock
from tests.support.chorus import ChorusServer
from tests.support.fixtures import starter

SECRET = "the-eagle-lands-at-midnight"
PASSWORD = "a-password-nobody-may-read"


@pytest.mark.parametrize("shape", ["serve", "cluster", "daphne"])
async def test_a_message_shows_in_every_metric_it_passes(start_chorus, shape):
    hall = open_hall(start_chorus(shape), "ada ben", "room")
    topic = hall.topic("room")
    async with sock(hall.server, hall.tokens["ada"]) as ada, sock(hall.server, hall.tokens["ben"]) as ben:
        state = await ada.done("subscribe", topic=topic)
        await ben.done("subscribe", topic=topic)
        seq = (await ada.post(topic, "hello"))["seq"]
        await ben.sees(topic, seq)
        since = {"epoch": state["epoch"], "seq": state["seq"]}
        assert (await ada.done("subscribe", topic=topic, since=since))["recovered"]
        metrics = await until(hall.server, lambda metrics: metrics["chorus_deliveries_total"] >= 2)
        assert metrics['chorus_connections_open{state="authenticated"}'] == 2
        assert metrics["chorus_handshake_seconds_count"] >= 2
        assert metrics["chorus_changes_total"] >= 1
        assert metrics["chorus_subscribes_total"] >= 3
        assert metrics['chorus_recoveries_total{result="recovered"}'] == 1
        assert metrics["chorus_recovery_seconds_count"] == 1
        for name in ("ack", "commit", "fanout", "delivery", "loop_lag"):
            assert metrics[f"chorus_{name}_seconds_count"] >= 1, name
        # Two clocks on one machine: a publication is never as old as this.
        assert metrics["chorus_delivery_seconds_sum"] < 5 * metrics["chorus_delivery_seconds_count"]
        assert metrics["chorus_frames_in_total"] >= 5
        assert metrics["chorus_frames_out_total"] > metrics["chorus_deliveries_total"]
        assert metrics["chorus_bytes_out_total"] > metrics["chorus_bytes_in_total"] > 0
        assert metrics["chorus_workers"] == (hall.server.shape.workers if shape == "cluster" else 1)
        assert metrics["chorus_process_resident_bytes"] > 20_000_000
        assert metrics["chorus_build_info{version=" + '"' + version(metrics) + '"}'] == 1
    await until(hall.server, lambda metrics: metrics["chorus_presence_connections"] == 0)


def version(metrics: dict[str, float]) -> str:
    (name,) = [name for name in metrics if name.startswith("chorus_build_info")]
    found = name.split('"')[1]
    assert found[0].isdigit()
    return found


async def test_requests_are_counted_by_view_and_probes_are_not(start_chorus):
    server = start_chorus("cluster")
    for path in ("/login/", "/login/", "/healthz", "/readyz"):
        await asyncio.to_thread(get, f"{server.url}{path}")
    metrics = await read(server)
    by_view = {
        name: value
        for name, value in metrics.items()
        if name.startswith("django_http_requests_latency_seconds_by_view_method_count")
    }
    assert list(by_view.values()) == [2]
    assert 'view="login"' in next(iter(by_view))


# --- the log ------------------------------------------------------------------------------------------


def get(url: str, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with urllib.request.urlopen(urllib.request.Request(url, headers=named)) as response:
        return response.headers


def log_lines(server: ChorusServer) -> list[dict[str, Any]]:
    return [json.loads(line) for line in server.log_path.read_text().splitlines() if line.startswith("{")]


async def ended_line(server: ChorusServer, user: int | None) -> dict[str, Any]:
    async with asyncio.timeout(WITHIN_S):
        while True:
            for line in log_lines(server):
                if line["event"] == "connection_ended" and line["user"] == user:
                    return line
            await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def hall(request, databases, server_folder) -> Iterator[Hall]:
    """Whose log is read: each test that looks for somebody's lines has a person of its own."""
    with contextlib.ExitStack() as stack:
        server = starter(stack, request, databases, server_folder)("serve", LOG_FORMAT="json", LOG_LEVEL="DEBUG")
        yield open_hall(server, "ada ben", "room")


async def test_a_connection_has_one_line_at_its_end_and_a_message_has_none(hall):
    topic = hall.topic("room")
    async with sock(hall.server, hall.tokens["ada"]) as ada:
        user = ada.frames[-1]["data"]["user"]["id"]
        await ada.done("subscribe", topic=topic)
        for number in range(5):
            seq = (await ada.post(topic, f"message {number}"))["seq"]
        await ada.sees(topic, seq)
        connection = ada.frames[0]["connection"]
    line = await ended_line(hall.server, user)
    assert (line["connection"], line["code"], line["reason"]) == (connection, 1000, "left")
    assert (line["frames_in"], line["topics"], line["events_out"]) == (7, 1, 5)
    assert line["bytes_in"] > 7 * 20
    assert line["bytes_out"] > 5 * 100
    assert 0 < line["duration_s"] < 60
    of_it = [one for one in log_lines(hall.server) if one.get("connection") == connection]
    assert [one["event"] for one in of_it] == ["connection_ended"]


async def test_an_anonymous_one_that_never_says_who_it_is_is_told_apart(start_chorus):
    server = start_chorus("serve", LOG_FORMAT="json", CHORUS_AUTH_WITHIN_S="0.5")
    async with sock(server) as nobody:
        assert await nobody.ended() == 4501
    line = await ended_line(server, None)
    assert (line["code"], line["reason"]) == (4501, "auth_timeout")


async def test_an_answer_names_its_request(hall):
    given = "0123-4567-89ab"
    headers = await asyncio.to_thread(get, f"{hall.server.url}/login/", X_Request_ID=given)
    assert headers["X-Request-ID"] == given
    assert len((await asyncio.to_thread(get, f"{hall.server.url}/login/"))["X-Request-ID"]) == 32


async def test_neither_texts_nor_tokens_nor_passwords_are_in_any_line(hall):
    topic, token = hall.topic("room"), hall.tokens["ben"]
    async with sock(hall.server, token) as ben:
        user = ben.frames[-1]["data"]["user"]["id"]
        await ben.done("subscribe", topic=topic)
        await ben.post(topic, SECRET)
        refused = await ben.ask("send", topic=topic, event="message.edit", data={"id": 999_999, "text": SECRET})
        assert refused["op"] == "error"
        await ben.put(f'{{"op": "send", "nonsense": "{SECRET}"')
        await ben.ask("auth", token=f"{token}{PASSWORD}")
        await ben.connection.close(1000, SECRET)
    await asyncio.to_thread(log_in, hall.server)
    await ended_line(hall.server, user)
    log = hall.server.log_path.read_text()
    assert "connection_ended" in log
    for secret in (SECRET, PASSWORD, token, token.split(".")[2]):
        assert secret not in log


def log_in(server: ChorusServer) -> None:
    body = json.dumps({"username": "ada", "password": PASSWORD}).encode()
    request = urllib.request.Request(f"{server.url}/api/token/", body, {"Content-Type": "application/json"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    refused.value.close()
    assert refused.value.code == 401
