"""What SIGTERM does to one process of `serve`: nobody is cut off, nothing is half done, and it ends by itself."""

from __future__ import annotations

import asyncio
import http.client
import itertools
import json
import signal
import time
import uuid
from contextlib import AsyncExitStack
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.integration.realtime.people import tokens
from tests.support.chorus import ChorusServer
from tests.support.processes import refuses

IDLE = 40
POSTS = 20


async def frame(connection: ClientConnection) -> dict[str, Any]:
    return json.loads(await asyncio.wait_for(connection.recv(), 10))


async def enter(stack: AsyncExitStack, server: ChorusServer, room: str, token: str) -> ClientConnection:
    connection = await stack.enter_async_context(connect(server.ws_url, compression=None))
    await connection.send(json.dumps({"op": "auth", "id": 1, "token": token}))
    await connection.send(json.dumps({"op": "subscribe", "id": 2, "topic": f"chat/{room}"}))
    while (await frame(connection)).get("id") != 2:
        pass
    return connection


async def frames_to_the_end(connection: ClientConnection) -> tuple[list[dict[str, Any]], float]:
    """All that still comes, and when the end came."""
    frames = []
    try:
        while True:
            frames.append(await frame(connection))
    except ConnectionClosed:
        return frames, time.monotonic()


def post(room: str, id: int) -> str:
    data = {"text": f"post {id}"}
    topic, key = f"chat/{room}", str(uuid.uuid4())
    return json.dumps({"op": "send", "id": id, "topic": topic, "event": "message.post", "data": data, "key": key})


async def test_sigterm_answers_what_was_asked_sends_all_away_in_batches_and_ends_with_0(start_chorus):
    server = start_chorus("serve")
    room, keys = await asyncio.to_thread(tokens, server, IDLE + 1)
    probe = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    async with AsyncExitStack() as stack:
        connections = [await enter(stack, server, room, key) for key in keys]
        assert (await asyncio.to_thread(ask, probe, "/readyz"))[0] == 200
        ends = [asyncio.create_task(frames_to_the_end(connection)) for connection in connections]
        for id in range(10, 10 + POSTS):
            await connections[0].send(post(room, id))
        stopping = asyncio.create_task(asyncio.to_thread(server.stop))
        await asyncio.sleep(0.4)
        status, report = await asyncio.to_thread(ask, probe, "/readyz")
        assert (status, report["phase"]) == (503, "draining")
        assert await asyncio.to_thread(refuses, server.port)
        results = await asyncio.gather(*ends)
        assert await stopping == 0
        answers = [frame["id"] for frame in results[0][0] if frame["op"] == "reply"]
        assert answers == list(range(10, 10 + POSTS))
        assert {connection.close_code for connection in connections} == {4000}
        moments = sorted(moment for _, moment in results)
        # The drain time of a test's server is 1 s.
        assert 0.5 < moments[-1] - moments[0] < 3
        assert max(later - earlier for earlier, later in itertools.pairwise(moments)) < 0.8
    probe.close()
    assert "Traceback" not in server.log_tail()


async def test_a_second_ctrl_c_ends_it_at_once_and_a_second_sigterm_does_not(start_chorus, monkeypatch):
    monkeypatch.setattr("tests.support.chorus.DRAIN_S", "60")
    server = start_chorus("serve")
    room, keys = await asyncio.to_thread(tokens, server, IDLE)
    async with AsyncExitStack() as stack:
        connections = [await enter(stack, server, room, key) for key in keys]
        ends = [asyncio.create_task(frames_to_the_end(connection)) for connection in connections]
        # One goodbye every 0.1 s: 4 s for all.
        for number in (signal.SIGINT, signal.SIGTERM):
            server.send_signal(number)
            await asyncio.sleep(0.5)
        assert server.running
        assert 0 < sum(end.done() for end in ends) < IDLE / 2
        start = time.monotonic()
        assert await asyncio.to_thread(server.stop, signal.SIGINT) == 0
        assert time.monotonic() - start < 2
        await asyncio.gather(*ends)
        # Who was not told yet is told by the server's own word for going away, and comes back as well.
        assert {connection.close_code for connection in connections} == {4000, 1012}
    assert "Traceback" not in server.log_tail()


def ask(connection: http.client.HTTPConnection, path: str) -> tuple[int, dict[str, Any]]:
    """Ask on a connection that stays open: a stopping server takes no new one."""
    connection.request("GET", path)
    response = connection.getresponse()
    return response.status, json.load(response)
