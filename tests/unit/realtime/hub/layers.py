"""Channel layers that can be slow, away or told nonsense: one that is asked, and one that calls back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgpack

from realtime.hub.doors import PROCESS_STREAM

__all__ = ["KINDS", "CallingLayer", "Layer"]


class Layer:
    """One process's end of a channel layer."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.groups: set[str] = set()
        self.calls: list[str] = []
        self.asked = 0  # how often it was only asked whether it is there
        self.fails = False
        self.hangs = False
        self.inbox: asyncio.Queue[Any] = asyncio.Queue()

    async def _work(self, call: str) -> None:
        self.calls.append(call)
        await asyncio.sleep(0)
        if self.hangs:
            await asyncio.Event().wait()
        if self.fails:
            raise ConnectionError

    async def new_channel(self) -> str:
        await self._work("new_channel")
        return "mine"

    async def receive(self, channel: str) -> dict[str, Any]:
        received = await self.inbox.get()
        if isinstance(received, Exception):
            raise received
        return received

    async def group_add(self, group: str, channel: str) -> None:
        await self._work("group_add")
        self.groups.add(group)

    async def group_discard(self, group: str, channel: str) -> None:
        await self._work("group_discard")
        self.groups.discard(group)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        msgpack.packb(message)
        await self._work("group_send")
        if message["stream"] == PROCESS_STREAM:
            self.asked += 1
        else:
            self.sent.append((group, message))


class Inbox:
    """In place of a queue: once there is somebody to call, each message is a call."""

    def __init__(self) -> None:
        self._kept: list[dict[str, Any]] = []
        self._deliver: Callable[[dict[str, Any]], None] | None = None

    def put_nowait(self, message: dict[str, Any]) -> None:
        if self._deliver is None:
            self._kept.append(message)
            return
        # The layer's promise: it goes on with the next.
        with contextlib.suppress(Exception):
            self._deliver(message)

    def open(self, deliver: Callable[[dict[str, Any]], None]) -> None:
        self._deliver = deliver
        for message in self._kept:
            self.put_nowait(message)


class CallingLayer(Layer):
    """A layer that takes many at once, and calls for each message."""

    def __init__(self) -> None:
        super().__init__()
        self.inbox: Any = Inbox()
        self.sizes: list[int] = []
        self.ignoring: Mapping[str, Any] = {}
        self.interrupted: Callable[[], None] = lambda: None

    async def group_send_many(self, messages: Sequence[tuple[str, dict[str, Any]]]) -> None:
        for _, message in messages:
            msgpack.packb(message)
        await self._work("group_send_many")
        self.sizes.append(len(messages))
        self.sent += messages

    def close_channel(self, channel: str) -> None:
        self.calls.append(f"close {channel}")

    def deliver_to(self, channel: str, deliver, *, ignoring, missed) -> None:
        assert channel == "mine"
        self.ignoring, self.interrupted = ignoring, missed
        self.inbox.open(deliver)


KINDS = {"receives": Layer, "calls": CallingLayer}
