"""What a connection's protocol keeps for its application, in a few dozen bytes.

asyncio's Queue and Event hold four double-ended queues between them, of 760 bytes each with nothing in them: 3 of the
28 KiB a connection cost. A connection has one reader and seldom more than one message. Knows nothing of either.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

__all__ = ["Gate", "Inbox"]


class Inbox:
    """What uvicorn uses of asyncio.Queue: any number of messages, one that waits for them."""

    __slots__ = ("_messages", "_waiter")

    def __init__(self) -> None:
        self._messages: deque[Any] | None = None  # there while there is something in it
        self._waiter: asyncio.Future[None] | None = None

    def put_nowait(self, message: Any) -> None:
        if self._messages is None:
            self._messages = deque()
        self._messages.append(message)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def empty(self) -> bool:
        return self._messages is None

    def get_nowait(self) -> Any:
        """The next message. Raises asyncio.QueueEmpty."""
        if self._messages is None:
            raise asyncio.QueueEmpty
        message = self._messages.popleft()
        if not self._messages:
            self._messages = None
        return message

    async def get(self) -> Any:
        """The next message. Safe to cancel: nothing is taken before it is returned."""
        while self._messages is None:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self.get_nowait()


class Gate:
    """What uvicorn uses of asyncio.Event. Open when it is made: a transport can be written to."""

    __slots__ = ("_open", "_waiters")

    def __init__(self) -> None:
        self._open = True
        self._waiters: list[asyncio.Future[None]] | None = None

    def set(self) -> None:
        self._open = True
        waiters, self._waiters = self._waiters, None
        for waiter in waiters or ():
            if not waiter.done():
                waiter.set_result(None)

    def clear(self) -> None:
        self._open = False

    async def wait(self) -> None:
        if self._open:
            return
        waiter = asyncio.get_running_loop().create_future()
        self._waiters = [*(self._waiters or ()), waiter]
        await waiter
