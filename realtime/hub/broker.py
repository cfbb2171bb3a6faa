"""The wire to the other processes: one channel of the channel layer per process, one publishing task.

Never on a request's path. channels_redis holds one lock over each publish and each subscribe, so with Redis
frozen the first send waited 5 s and the second 10 s; here every call has a deadline, what could not be
published in time is dropped, and the check of the logs' tops (healing.py) delivers it instead.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from channels.layers import get_channel_layer

from realtime import health
from realtime.hub.doors import PROCESS_STREAM
from realtime.hub.types import Item, Publication, Signal
from realtime.layers import InProcessChannelLayer

__all__ = ["Broker", "decode", "encode", "group_name", "process_id"]

logger = logging.getLogger(__name__)

QUEUE_MAX = 20_000
_RETRY_S = 0.5
# An idle process would say for ever how its last publication went.
_ASK_EVERY_S = 2.0
_process: tuple[int, str] = (0, "")


class Broker:
    """Publishes, receives, and keeps the layer's groups what the hub wants them to be.

    on_publication: called on the loop for each publication of another process.
    on_joined: called when a stream's group has just been joined: what was published before was missed.
    """

    def __init__(
        self, on_publication: Callable[[Publication], None], on_joined: Callable[[str], None], deadline_s: float
    ) -> None:
        self._layer: Any = get_channel_layer()
        self._on_publication = on_publication
        self._on_joined = on_joined
        self._deadline_s = deadline_s
        self._outgoing: deque[Publication] = deque()
        self._work = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._wanted: set[str] = set()
        self._joined: set[str] = set()
        self._changed = asyncio.Event()
        self._channel: str | None = None
        self._is_degraded = False
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def local(self) -> bool:
        """Whether there is no other process: nothing is sent, nothing can come."""
        return self._layer is None or isinstance(self._layer, InProcessChannelLayer)

    def start(self) -> None:
        if self.local:
            return
        for loop in (self._receive_forever, self._publish_forever, self._join_forever):
            self._tasks.append(asyncio.get_running_loop().create_task(loop(), name=f"chorus-broker{loop.__name__}"))

    async def aclose(self) -> None:
        """Publish what waits, within the deadline, then let go of the layer's channel."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._deadline_s):
                await self._empty.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    def publish(self, publication: Publication) -> None:
        """Queue for the other processes. When the queue is full the oldest goes: healing delivers it."""
        if self.local:
            return
        if len(self._outgoing) >= QUEUE_MAX:
            self._outgoing.popleft()
        self._outgoing.append(publication)
        self._empty.clear()
        self._work.set()

    def want(self, stream: str) -> None:
        self._wanted.add(stream)
        self._changed.set()

    def unwant(self, stream: str) -> None:
        self._wanted.discard(stream)
        self._changed.set()

    # --- the three tasks --------------------------------------------------------------------------

    async def _publish_forever(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_ASK_EVERY_S):
                    await self._work.wait()
            if not self._outgoing:
                await self._in_time(self._send(Publication(PROCESS_STREAM)))
            while self._outgoing:
                publication = self._outgoing.popleft()
                if not await self._in_time(self._send(publication)):
                    # What waits is as old as what failed; readers get it from the database sooner.
                    self._outgoing.clear()
            self._work.clear()
            self._empty.set()

    async def _send(self, publication: Publication) -> None:
        try:
            await self._layer.group_send(group_name(publication.stream), encode(publication))
        except (TypeError, ValueError, OverflowError):
            # The broker is well: this one holds what its serializer does not know, and only it is lost.
            logger.exception("A publication to %r cannot travel", publication.stream)

    async def _receive_forever(self) -> None:
        while True:
            try:
                if self._channel is None:
                    self._channel = await self._open()
                    self._joined.clear()
                    self._changed.set()
                self._receive(await self._layer.receive(self._channel))
            except Exception as error:  # noqa: BLE001 - any broker's errors; the socket side goes on
                self._degraded(error)
                await asyncio.sleep(_RETRY_S)

    async def _open(self) -> str:
        async with asyncio.timeout(self._deadline_s):
            # channels_redis remembers each channel that could not be opened, so none is before the broker answers.
            await self._send(Publication(PROCESS_STREAM))
            channel: str = await self._layer.new_channel()
            return channel

    def _receive(self, message: dict[str, Any]) -> None:
        if message.get("origin") == process_id():
            return  # our own hub had it directly
        try:
            publication = decode(message)
        except (KeyError, TypeError, ValueError):
            logger.exception("A message on the channel layer was not a publication")
            return
        self._on_publication(publication)

    async def _join_forever(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self._channel is None:
                continue
            if not await self._reconcile(self._channel):
                await asyncio.sleep(_RETRY_S)
                self._changed.set()

    async def _reconcile(self, channel: str) -> bool:
        for stream in self._wanted - self._joined:
            if not await self._in_time(self._layer.group_add(group_name(stream), channel)):
                return False
            self._joined.add(stream)
            self._on_joined(stream)
        for stream in self._joined - self._wanted:
            if not await self._in_time(self._layer.group_discard(group_name(stream), channel)):
                return False
            self._joined.discard(stream)
        return True

    async def _in_time(self, call: Coroutine[Any, Any, object]) -> bool:
        try:
            async with asyncio.timeout(self._deadline_s):
                await call
        except Exception as error:  # noqa: BLE001 - any broker's errors mean the same: degraded
            self._degraded(error)
            return False
        health.broker(ok=True)
        if self._is_degraded:
            self._is_degraded = False
            logger.warning("The broker is back")
        return True

    def _degraded(self, error: Exception) -> None:
        health.broker(ok=False)
        if not self._is_degraded:
            self._is_degraded = True
            logger.warning("The broker is away (%r); messages are delivered from the database", error)


def group_name(stream: str) -> str:
    """Channels' group names are short ASCII; stream names are not."""
    return "t." + hashlib.blake2b(stream.encode(), digest_size=16).hexdigest()


def process_id() -> str:
    """Names this process on the wire, so that it can drop its own echo. Survives no fork."""
    global _process  # noqa: PLW0603 - one process, one name
    if _process[0] != os.getpid():
        _process = (os.getpid(), os.urandom(8).hex())
    return _process[1]


def encode(publication: Publication) -> dict[str, Any]:
    """A publication as a channel-layer message (plain types: the layer's serializer is msgpack)."""
    signal = publication.signal
    return {
        "type": "hub.publication",
        "origin": process_id(),
        "stream": publication.stream,
        "items": [[item.frame, item.seq, item.prev, item.subject] for item in publication.items],
        "signal": None if signal is None else [signal.name, dict(signal.data)],
    }


def decode(message: dict[str, Any]) -> Publication:
    """The way back. Raises KeyError, TypeError or ValueError for what is no publication."""
    signal = message["signal"]
    return Publication(
        stream=message["stream"],
        items=tuple(Item(frame, seq, prev, subject) for frame, seq, prev, subject in message["items"]),
        signal=None if signal is None else Signal(signal[0], signal[1]),
    )
