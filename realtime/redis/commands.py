"""Commands and scripts on Redis for what needs more of it than a wire: leases, shared counts.

One connection for each event loop, opened at the first command and again after a loss. Every call ends within seconds.
Knows no key and no feature.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from realtime.redis.address import Address
from realtime.redis.connection import Connection
from realtime.redis.link import Link
from realtime.redis.resp import ProtocolError, Reply, ReplyError, pack

__all__ = ["RedisCommands", "Script", "away_as"]

ANSWER_WITHIN_S = 2.0
Word = bytes | str | int


class Script:
    """A Lua script, sent by its hash once Redis knows it."""

    __slots__ = ("sha", "source")

    def __init__(self, source: str) -> None:
        self.source = source.encode()
        self.sha = hashlib.sha1(self.source, usedforsecurity=False).hexdigest().encode()


@contextmanager
def away_as(error: type[Exception]) -> Iterator[None]:
    """Raise `error` where Redis is not there, and where it refuses.

    It may do so for a while (loading, out of memory, a replica): the same to whoever asks.
    """
    try:
        yield
    except (ConnectionError, ReplyError) as why:
        raise error(str(why)) from why


class RedisCommands:
    """See the module. url: as REDIS_URL. name: of the connection, in Redis' list of clients.

    on_open: called with each new connection, on the loop. Raises ValueError or OSError for what is no such URL.
    """

    def __init__(self, url: str, name: str, on_open: Callable[[], None] = lambda: None) -> None:
        self._on_open = on_open
        self._link = Link(Address.from_url(url), name, ANSWER_WITHIN_S, _unexpected, self._opened, _nothing)

    def stay(self) -> None:
        """Be connected again after a loss without anybody asking."""
        self._link.stays = True

    async def run(self, *words: Word) -> Reply:
        """One command. Raises ConnectionError, or ReplyError where Redis refuses."""
        connection = self._link.connection or await self._link.ready()
        return await connection.command(_packed(words))

    async def script(self, script: Script, keys: Sequence[str], arguments: Sequence[Word]) -> Reply:
        """Run a script. Raises ConnectionError, or ReplyError where it fails."""
        rest = (len(keys), *keys, *arguments)
        try:
            return await self.run("EVALSHA", script.sha, *rest)
        except ReplyError as error:
            if not str(error).startswith("NOSCRIPT"):
                raise
        return await self.run("EVAL", script.source, *rest)

    async def scripts(self, script: Script, calls: Sequence[tuple[Sequence[str], Sequence[Word]]]) -> list[Reply]:
        """The same script many times, in order, in one go. Raises as `script`, after all of them were answered."""
        return await _together(self.script(script, *call) for call in calls)

    async def many(self, commands: Sequence[Sequence[Word]]) -> list[Reply]:
        """Commands in order, in one go. Raises as `run`, after all of them were answered."""
        return await _together(self.run(*words) for words in commands)

    async def close(self) -> None:
        await self._link.close()

    def _opened(self, connection: Connection) -> None:
        self._on_open()


async def _together(calls: Iterator[Coroutine[Any, Any, Reply]]) -> list[Reply]:
    """The answers, in order. Raises the first that is none, after all have come.

    The first call is answered before the others are sent: it finds the connection, and makes the script known.
    """
    replies: list[Reply] = [await call for call in islice(calls, 1)]
    for answer in await asyncio.gather(*calls, return_exceptions=True):
        if isinstance(answer, BaseException):
            raise answer
        replies.append(answer)
    return replies


def _packed(words: Sequence[Word]) -> bytes:
    return pack(*(word if isinstance(word, bytes) else str(word).encode() for word in words))


def _unexpected(name: bytes, payload: bytes) -> None:
    raise ProtocolError("A message came on a connection that is not subscribed")


def _nothing(*_: object) -> None:
    """What waits for a reply is told by its own future."""
