"""The wire to the other processes: one channel of the channel layer per process, one publishing task.

Never on a request's path. channels_redis holds one lock over each publish and each subscribe, so with Redis
frozen the first send waited 5 s and the second 10 s; here every call has a deadline, what could not be
published in time is dropped, and the check of the logs' tops (healing.py) delivers it instead.

Works with any channel layer. One with `group_send_many` is given all that waits at once, and one with `deliver_to`
(realtime.redis has both) calls back for each message, and says when it was interrupted.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from channels.layers import get_channel_layer

from realtime import health
from realtime.hub.doors import PROCESS_STREAM
from realtime.hub.messages import MESSAGE_TYPE, decode, group_name, process_id, send_all
from realtime.hub.types import Publication
from realtime.layers import InProcessChannelLayer
from realtime.metrics import tally

__all__ = ["Broker"]

logger = logging.getLogger(__name__)

QUEUE_MAX = 20_000
# What is handed to the layer at once: it is one write, and all of it has the one deadline.
SLICE_MAX = 500
SLICE_BYTES = 1_048_576
_RETRY_S = 0.5
# An idle process would say for ever how its last publication went.
_ASK_EVERY_S = 2.0
ONE_OUTAGE_S = 3.0
"""The two connections of a layer come back one after the other; that is one return, and counted once."""


class Broker:
    """Publishes, receives, and keeps the layer's groups what the hub wants them to be.

    on_publication: called on the loop for each publication of another process.
    on_joined: called when a stream's group has just been joined, or joined again after an interruption: what was
    published before was missed.
    took_s: what it took the broker to take the last publication; None while there was none, or it failed.
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
        self._back_at = -ONE_OUTAGE_S
        self.took_s: float | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def local(self) -> bool:
        """Whether there is no other process: nothing is sent, nothing can come."""
        return self._layer is None or isinstance(self._layer, InProcessChannelLayer)

    @property
    def degraded(self) -> bool:
        """Whether it is away."""
        return self._is_degraded

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
        if self._channel is not None and hasattr(self._layer, "close_channel"):
            self._layer.close_channel(self._channel)  # other layers take a cancelled `receive` for it

    def publish(self, publication: Publication) -> None:
        """Queue for the other processes. When the queue is full the oldest goes: healing delivers it."""
        if self.local:
            return
        if len(self._outgoing) >= QUEUE_MAX:
            self._outgoing.popleft()
            tally.publish_failures += 1
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
                await self._send((Publication(PROCESS_STREAM),))
            while self._outgoing:
                taken = self._next_slice()
                if not await self._send(taken):
                    # What waits is as old as what failed; readers get it from the database sooner.
                    tally.publish_failures += len(taken) + len(self._outgoing)
                    self._outgoing.clear()
            self._work.clear()
            self._empty.set()

    async def _send(self, publications: Sequence[Publication]) -> bool:
        started = time.monotonic()
        sent = await self._in_time(send_all(self._layer, publications))
        self.took_s = time.monotonic() - started if sent else None
        return sent

    def _next_slice(self) -> list[Publication]:
        taken: list[Publication] = []
        size = 0
        while self._outgoing and len(taken) < SLICE_MAX and size < SLICE_BYTES:
            publication = self._outgoing.popleft()
            taken.append(publication)
            size += sum([len(item.frame) for item in publication.items])
        return taken

    async def _receive_forever(self) -> None:
        calls_back = hasattr(self._layer, "deliver_to")
        while True:
            try:
                if self._channel is None:
                    self._channel = await self._open()
                    self._joined.clear()
                    self._changed.set()
                if calls_back:
                    ours = {"type": MESSAGE_TYPE, "origin": process_id()}
                    self._layer.deliver_to(self._channel, self._receive, ignoring=ours, missed=self._missed)
                    return
                self._receive(await self._layer.receive(self._channel))
            except Exception as error:  # noqa: BLE001 - any broker's errors; the socket side goes on
                self._degraded(error)
                await asyncio.sleep(_RETRY_S)

    async def _open(self) -> str:
        async with asyncio.timeout(self._deadline_s):
            # channels_redis remembers each channel that could not be opened, so none is before the broker answers.
            await send_all(self._layer, (Publication(PROCESS_STREAM),))
            channel: str = await self._layer.new_channel()
            return channel

    def _missed(self) -> None:
        """The layer was cut off and is back: whatever was published meanwhile is known to the logs alone."""
        self._count_return()
        for stream in tuple(self._joined):
            self._on_joined(stream)

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
            self._count_return()
            logger.warning("The broker is back")
        return True

    def _count_return(self) -> None:
        now = time.monotonic()
        if now - self._back_at >= ONE_OUTAGE_S:
            tally.broker_reconnects += 1
        self._back_at = now

    def _degraded(self, error: Exception) -> None:
        health.broker(ok=False)
        if not self._is_degraded:
            self._is_degraded = True
            logger.warning("The broker is away (%r); messages are delivered from the database", error)
