"""A client without a socket: frames in, frames out, on a real `Connection` of the running loop's hub."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import msgspec

from realtime.auth import AuthResult
from realtime.consumers.connection import Connection
from realtime.hub.hub import current_hub
from realtime.identity import Identity
from realtime.protocol.encodings import JSON, Encoding
from realtime.protocol.errors import error_for
from realtime.protocol.frames import Error, Event, Hello, Reply, ServerFrame, Unsubscribed
from realtime.protocol.packed import repack

__all__ = ["TopicClient"]

TIMEOUT_S = 10.0
DISCONNECT = {"type": "websocket.disconnect", "code": 1000}


class TopicClient:
    """One connection of `identity` (None: not authenticated yet). Use it as an async context manager.

    `timeout_s` bounds every wait; what does not come in time raises TimeoutError. `encoding`: what frames travel in.
    """

    def __init__(self, identity: Identity | None, *, timeout_s: float = TIMEOUT_S, encoding: Encoding = JSON) -> None:
        self._identity = identity
        self._encoding = encoding
        self._timeout_s = timeout_s
        self._incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._replies: dict[int, asyncio.Future[Any]] = {}
        self._events: deque[Event | Unsubscribed] = deque()
        self._arrived = asyncio.Event()
        self._next_id = 1
        self._task: asyncio.Task[None] | None = None
        self.frames: list[ServerFrame] = []
        self.hello: Hello | None = None
        self.closed: tuple[int, str] | None = None

    async def __aenter__(self) -> Self:
        authenticated = AuthResult(self._identity, None)
        scope = {"subprotocols": [self._encoding.subprotocol]}
        self.connection = Connection(scope, self._from_server, current_hub(), authenticated)
        self._task = asyncio.create_task(self.connection.run(self._incoming.get))
        await self._until(lambda: self.hello is not None)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._incoming.put_nowait(DISCONNECT)
        if self._task is not None:
            await self._task

    async def subscribe(
        self, topic: str, *, since: tuple[str, int] | None = None, params: Mapping[str, Any] | None = None
    ) -> Any:
        """The reply's data. since: (epoch, seq). Raises what the server refused with."""
        frame: dict[str, Any] = {"op": "subscribe", "topic": topic}
        if since is not None:
            frame["since"] = {"epoch": since[0], "seq": since[1]}
        if params is not None:
            frame["params"] = params
        return await self.request(frame)

    async def unsubscribe(self, topic: str) -> Any:
        return await self.request({"op": "unsubscribe", "topic": topic})

    async def send(self, topic: str, event: str, data: Any, *, key: str | None = None) -> Any:
        """The reply's data. Raises what the server refused with."""
        frame = {"op": "send", "topic": topic, "event": event, "data": data}
        if key is not None:
            frame["key"] = key
        return await self.request(frame)

    async def request(self, frame: dict[str, Any]) -> Any:
        """Send any frame with an id of its own and wait for its answer."""
        id, self._next_id = self._next_id, self._next_id + 1
        future = self._replies[id] = asyncio.get_running_loop().create_future()
        self.put({**frame, "id": id})
        async with asyncio.timeout(self._timeout_s):
            return await future

    def put(self, frame: Any) -> None:
        """Send a frame without waiting; text and bytes go as they are."""
        if not isinstance(frame, str | bytes):
            frame = self._encoded(frame)
        if isinstance(frame, bytes):
            self._incoming.put_nowait({"type": "websocket.receive", "bytes": frame})
        else:
            self._incoming.put_nowait({"type": "websocket.receive", "text": frame})

    async def event(self, name: str | None = None) -> Event | Unsubscribed:
        """The next event (of that name; others before it are dropped)."""
        while True:
            await self._until(lambda: bool(self._events))
            event = self._events.popleft()
            if name is None or (isinstance(event, Event) and event.event == name):
                return event

    def pending(self) -> list[Event | Unsubscribed]:
        """The events that came and were not taken."""
        taken, self._events = list(self._events), deque()
        return taken

    async def wait_closed(self) -> tuple[int, str]:
        """The close code and reason the server ended with."""
        await self._until(lambda: self.closed is not None)
        assert self.closed is not None
        return self.closed

    async def _until(self, true: Any) -> None:
        async with asyncio.timeout(self._timeout_s):
            while not true():
                self._arrived.clear()
                await self._arrived.wait()

    async def _from_server(self, message: dict[str, Any]) -> None:
        if message["type"] == "websocket.close":
            self.closed = (message["code"], message["reason"])
            self._incoming.put_nowait(DISCONNECT)
        else:
            self._take(self._encoding.decode_server(self._content(message)))
        self._arrived.set()

    def _encoded(self, frame: Any) -> str | bytes:
        json = msgspec.json.encode(frame)
        return json.decode() if self._encoding.carrier is str else repack(json)

    def _content(self, message: dict[str, Any]) -> str | bytes:
        content: str | bytes = message["text" if self._encoding.carrier is str else "bytes"]
        return content

    def _take(self, frame: ServerFrame) -> None:
        self.frames.append(frame)
        if isinstance(frame, Hello):
            self.hello = frame
        elif isinstance(frame, (Event, Unsubscribed)):
            self._events.append(frame)
        elif isinstance(frame, (Reply, Error)) and frame.id in self._replies:
            future = self._replies.pop(frame.id)
            if isinstance(frame, Reply):
                future.set_result(frame.data)
            else:
                future.set_exception(error_for(frame))
