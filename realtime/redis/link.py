"""Keeps one connection to Redis: opened when somebody needs it, and again when it was lost.

Nobody waits here for longer than a second, and nobody for anybody else. While Redis is away there is one attempt at a
time, further and further apart, at random moments: a hundred processes that lost the same Redis do not come back
in one wave.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable

from realtime.redis.address import Address
from realtime.redis.connection import Connection, open_connection
from realtime.redis.resp import ProtocolError, ReplyError

__all__ = ["Link", "pause"]

logger = logging.getLogger(__name__)

READY_WITHIN_S = 1.0
"""How long a caller waits for a connection: a Redis that is restarted is back within that."""
FIRST_PAUSE_S = 0.05
PAUSE_MAX_S = 1.0
"""Where Redis is back, nobody should go on without for longer than that."""
LASTING_S = 1.0
"""What did not last so long counts as a failed attempt, or a Redis that cuts each connection at once were asked
without a pause."""


def pause(failures: int, random: Callable[[], float]) -> float:
    """Seconds until the next attempt: full jitter under a ceiling that doubles with each failure (from 1)."""
    return random() * min(PAUSE_MAX_S, FIRST_PAUSE_S * 2.0 ** min(failures, 10))


class Link:
    """One per purpose and event loop. stays: whether it is opened again without anybody asking.

    on_open: called with each new connection, before anybody else has it. on_lost: called when it is gone.
    """

    def __init__(
        self,
        address: Address,
        name: str,
        answer_within_s: float,
        on_message: Callable[[bytes, bytes], None],
        on_open: Callable[[Connection], None],
        on_lost: Callable[[], None],
    ) -> None:
        self._address = address
        self._name = name
        self._answer_within_s = answer_within_s
        self._on_message = on_message
        self._on_open = on_open
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._is_open = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._callers = 0
        self._failures = 0
        self._opened_at = 0.0
        self._error: Exception | None = None
        self.connection: Connection | None = None
        self.stays = False

    async def ready(self) -> Connection:
        """The connection, when there is one. Raises ConnectionError after a second without."""
        if self.connection is not None:
            return self.connection
        self._callers += 1
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                return await self._wait()
        except TimeoutError:
            raise ConnectionError(f"Redis at {self._address} cannot be reached: {self._error!r}") from self._error
        finally:
            self._callers -= 1

    async def close(self) -> None:
        """Let go of the connection; `ready` would open another."""
        self.stays = False
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self.connection is not None:
            connection = self.connection
            connection.cut(ConnectionError("The layer was closed"))
            await connection.gone

    async def _wait(self) -> Connection:
        while True:
            self._open_soon()
            await self._is_open.wait()
            if self.connection is not None:  # it may be lost again before its waiters have their turn
                return self.connection

    def _open_soon(self) -> None:
        if self._task is None or self._task.done():
            self._task = self._loop.create_task(self._open(), name=f"{self._name}-connect")

    async def _open(self) -> None:
        while self.connection is None and (self.stays or self._callers):
            if self._failures:
                await asyncio.sleep(pause(self._failures, random.random))
            self._failures += 1
            try:
                connection = await open_connection(
                    self._address, self._name, self._on_message, self._lost, self._answer_within_s
                )
            except (OSError, ReplyError, ProtocolError, ValueError) as error:
                self._failed(error)
                continue
            self._opened(connection)

    def _opened(self, connection: Connection) -> None:
        if connection.closed:  # between its greeting and now
            return
        if self._error is not None:
            logger.info("%s is connected to Redis again", self._name)
        self._error = None
        self._opened_at = self._loop.time()
        self.connection = connection
        self._on_open(connection)
        self._is_open.set()

    def _failed(self, error: Exception) -> None:
        # Once for an outage, however long it is, and once more if the reason is another.
        if type(error) is not type(self._error):
            logger.warning("%s cannot reach Redis at %s: %r", self._name, self._address, error)
        self._error = error

    def _lost(self, connection: Connection, error: Exception) -> None:
        if connection is not self.connection:
            return  # it was never opened; who tried knows
        self.connection = None
        self._is_open.clear()
        self._error = error
        if self._loop.time() - self._opened_at >= LASTING_S:
            self._failures = 0
        self._on_lost()
        if self.stays:
            logger.warning("%s lost Redis at %s: %r", self._name, self._address, error)
            self._open_soon()
