"""Bringing the clients in: the first alone, because what it is told holds for all; the others many at a time."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from loadtest.dialect import Dialect
from loadtest.errors import LoadError
from loadtest.link import EnterError
from loadtest.target import Target

__all__ = ["Crowd", "Entrance"]

AT_ONCE = 100
WITHIN_S = 30.0
PATIENCE_S = 30.0
"""A client that is told to come later comes as long as somebody has got in within so many seconds."""
TRY_LATER = "4001"
LIVE_EVERY_S = 10.0
PONG = b"\x8a\x80\0\0\0\0"
"""A pong nobody asked for (RFC 6455, 5.5.3): a sign of life from those who wait for the last to enter."""


@dataclass(slots=True)
class Crowd:
    """The clients that are in. rooms: the place of each one's room. retries: how often one was told to come later."""

    sockets: list[socket.socket] = field(default_factory=list)
    rooms: list[int] = field(default_factory=list)
    failed: int = 0
    retries: int = 0
    first_error: str = ""
    took_s: float = 0.0

    def close(self) -> None:
        for each in self.sockets:
            each.close()

    def members(self, room: int) -> list[int]:
        """The places of a room's clients."""
        return [place for place, its in enumerate(self.rooms) if its == room]


class Entrance:
    """Client k enters room k mod N. `first`, then `others`; the crowd is there from the beginning."""

    def __init__(self, dialect: Dialect, target: Target, rooms: Sequence[str]) -> None:
        self.crowd = Crowd()
        self._dialect, self._target, self._rooms = dialect, target, rooms
        self._news_s = 0.0

    async def first(self) -> None:
        """Raises LoadError with a sentence about why it did not get in."""
        await self._timed([0])
        if self.crowd.failed:
            raise LoadError(self.crowd.first_error)

    async def others(self, count: int) -> None:
        """Clients 1 to `count` − 1. Who does not get in is counted as failed."""
        living = asyncio.create_task(self._live())
        try:
            await self._timed(range(1, count))
        finally:
            living.cancel()

    async def _timed(self, numbers: Sequence[int]) -> None:
        started = time.monotonic()
        left = iter(numbers)

        async def one_after_another() -> None:
            for number in left:
                await self._enter(number)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(AT_ONCE, len(numbers))):
                group.create_task(one_after_another())
        self.crowd.took_s += time.monotonic() - started

    async def _enter(self, number: int) -> None:
        crowd, room = self.crowd, number % len(self._rooms)
        try:
            connection = await self._patiently(number, self._rooms[room])
        except (EnterError, OSError, TimeoutError, KeyError, ValueError) as error:
            crowd.failed += 1
            crowd.first_error = crowd.first_error or sentence(error, self._target)
            return
        crowd.sockets.append(connection)
        crowd.rooms.append(room)
        self._news_s = time.monotonic()

    async def _patiently(self, number: int, room: str) -> socket.socket:
        self._news_s = self._news_s or time.monotonic()
        while True:
            try:
                async with asyncio.timeout(WITHIN_S):
                    return await self._dialect.enter(self._target.host, self._target.port, room, number)
            except EnterError as error:
                if error.code != TRY_LATER or time.monotonic() - self._news_s > PATIENCE_S:
                    raise
                self.crowd.retries += 1
                await asyncio.sleep(_retry_after_s(error.reason))

    async def _live(self) -> None:
        while True:
            await asyncio.sleep(LIVE_EVERY_S)
            for each in self.crowd.sockets:
                # Who is gone by then is found by the engine.
                with contextlib.suppress(OSError):
                    each.send(PONG)


def sentence(error: Exception, target: Target) -> str:
    """Why a client did not get in, and what helps."""
    cause = error.__cause__ if isinstance(error, EnterError) and error.__cause__ else error
    if isinstance(cause, ConnectionRefusedError):
        return f"Nobody listens at {target}: start it with manage.py serve, or name another with --url."
    if isinstance(cause, TimeoutError):
        return f"{target} did not answer within {WITHIN_S:g} s."
    if isinstance(cause, OSError) and cause.errno in {errno.EMFILE, errno.ENFILE}:
        return "There are too few open files for so many clients: raise ulimit -n."
    code = error.code if isinstance(error, EnterError) else ""
    if code in {"4500", "4501", "unauthenticated"}:
        return (
            f"{target} refuses the tokens ({error}): have them made beside the server, by loadtest_users on its "
            "settings and database, and give them with --tokens."
        )
    if code == "not_found":
        return f"{target} does not know the room ({error}): name the one of the tokens with --room and --rooms."
    return f"{target} did not let a client in: {error or type(error).__name__}."


def _retry_after_s(reason: str) -> float:
    try:
        return min(10.0, max(0.1, float(json.loads(reason)["retry_after_s"])))
    except (ValueError, TypeError, KeyError):
        return 1.0
