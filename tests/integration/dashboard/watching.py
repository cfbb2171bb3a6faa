"""A client that watches a dashboard of a real server and merges what it is told; and plain HTTP."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import Message
from typing import Any

from realtime.client import RealtimeClient, Received
from tests.support.chorus import ChorusServer

__all__ = ["Watcher", "request"]

WITHIN_S = 20.0


class Watcher:
    """`held` is what docs/reference/protocol.md says a client holds; `told` what came."""

    def __init__(self, server: ChorusServer, token: str, name: str) -> None:
        self.client = RealtimeClient(server.ws_url, token=token)
        self.topic = f"dashboard/{name}"
        self.held: dict[str, Any] = {}
        self.told: list[Received] = []
        self._came = asyncio.Event()

    async def __aenter__(self) -> Watcher:
        self.client.start()
        await self.client.subscribe(self.topic, listener=self._take)
        await self.until(bool)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.stop()

    async def until(self, true: Callable[[dict[str, Any]], bool], within_s: float = WITHIN_S) -> dict[str, Any]:
        async with asyncio.timeout(within_s):
            while not (self.held and true(self.held)):
                self._came.clear()
                await self._came.wait()
        return self.held

    def _take(self, received: Received) -> None:
        self.told.append(received)
        if received.event == "snapshot":
            self.held = json.loads(json.dumps(received.data))
        else:
            changed = dict(received.data)
            self.held["state"] |= changed.pop("state")
            self.held |= changed
        self._came.set()


def request(
    server: ChorusServer, path: str, token: str | None, method: str = "GET", body: Any = None, **headers: str
) -> tuple[int, Any, Message]:
    """Status, body and headers of an answer."""
    sent = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    if token is not None:
        sent["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(f"{server.url}/api/{path}", headers=sent, method=method, data=data)
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.status, json.loads(answer.read() or b"null"), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null"), error.headers
