"""One channel of the layer at its receiver: what came and was not received yet, or who is called with it at once.

Holds what came as bytes, and decodes for each receiver its own. Belongs to one event loop; not safe from others.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

__all__ = ["Mailbox", "encode"]

logger = logging.getLogger(__name__)

encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode

LEFT_AFTER_S = 10.0
"""How long after a cancelled `receive` another one may come: Channels cancels it when its consumer ends, and has
no word for giving a channel up; programs cancel one to wait for no longer than they like, and ask again."""
FORGOTTEN_AFTER_S = 86_400.0
"""The same after a `receive` that was answered: its consumer may be at work on the message. Channels' group_expiry."""


class Mailbox:
    """Bounded: over `capacity` the oldest message goes, and `on_drop(channel)` is called.

    names: Redis' channels it is reached by; kept here for the owner.
    """

    __slots__ = (
        "_capacity",
        "_deliver",
        "_ignored",
        "_loop",
        "_messages",
        "_on_drop",
        "_until",
        "_waiters",
        "channel",
        "missed",
        "names",
    )

    def __init__(self, channel: str, capacity: int, on_drop: Callable[[str], None]) -> None:
        self.channel = channel
        self.names: set[bytes] = set()
        self.missed: Callable[[], None] | None = None
        self._capacity = capacity
        self._on_drop = on_drop
        self._loop = asyncio.get_running_loop()
        self._messages: deque[bytes] = deque()
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._deliver: Callable[[dict[str, Any]], None] | None = None
        self._ignored: bytes | None = None
        self._until: float | None = self._loop.time() + FORGOTTEN_AFTER_S

    def put(self, payload: bytes) -> None:
        if self._deliver is not None:
            # The head begins behind the byte that says how many entries there are.
            if self._ignored is None or not payload.startswith(self._ignored, 1):
                self._call(self._deliver, payload)
            return
        if len(self._messages) >= self._capacity:
            self._messages.popleft()
            self._on_drop(self.channel)
        self._messages.append(payload)
        self._wake()

    async def receive(self) -> dict[str, Any]:
        """The oldest message. Safe to cancel: nothing is taken before it is returned."""
        while True:
            while self._messages:
                message = _decoded(self._messages.popleft())
                if message is not None:
                    self._until = self._loop.time() + FORGOTTEN_AFTER_S
                    return message
            waiter = self._loop.create_future()
            self._waiters.append(waiter)
            self._until = None
            try:
                await waiter
            except asyncio.CancelledError:
                self._give_up(waiter)
                raise

    def deliver_to(
        self,
        deliver: Callable[[dict[str, Any]], None],
        ignoring: Mapping[str, Any] | None,
        missed: Callable[[], None] | None,
    ) -> None:
        """From now on call `deliver` with each message, those that wait first."""
        self._deliver, self.missed, self._until = deliver, missed, None
        self._ignored = None if ignoring is None else encode(ignoring)[1:]
        while self._messages:
            self.put(self._messages.popleft())

    def fail(self, error: Exception) -> None:
        """Nothing can come here any more: tell those that wait."""
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_exception(error)

    def is_abandoned(self, now: float) -> bool:
        """Whether nobody is expected to receive from it again."""
        return self._until is not None and self._until < now

    def _wake(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    def _give_up(self, waiter: asyncio.Future[None]) -> None:
        if waiter in self._waiters:
            self._waiters.remove(waiter)
        elif self._messages:
            self._wake()  # a message that woke us is another receiver's now
        if not self._waiters:
            self._until = self._loop.time() + LEFT_AFTER_S

    def _call(self, deliver: Callable[[dict[str, Any]], None], payload: bytes) -> None:
        message = _decoded(payload)
        if message is None:
            return
        try:
            deliver(message)
        except Exception:
            logger.exception("The receiver of %s failed on a message", self.channel)


def _decoded(payload: bytes) -> dict[str, Any] | None:
    """None, and a line in the log, for what no channel layer sent."""
    try:
        message = _decode(payload)
    except (msgspec.DecodeError, RecursionError, ValueError):
        logger.exception("What came over Redis is no message")
        return None
    if isinstance(message, dict):
        return message
    logger.error("What came over Redis is no message but a %s", type(message).__name__)
    return None
