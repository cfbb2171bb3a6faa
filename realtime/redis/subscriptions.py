"""What one event loop is subscribed to, kept true over lost connections, and said when something may be missing.

Redis keeps nothing for who is not there. So after each return everything is subscribed to again, and when Redis has
confirmed all of it the owner is told: what was published from then on arrives, and what was before may be lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from realtime.redis.address import Address
from realtime.redis.connection import Connection
from realtime.redis.link import Link
from realtime.redis.resp import Reply, ReplyError, pack

__all__ = ["Subscriptions"]

logger = logging.getLogger(__name__)

ANSWER_WITHIN_S = 3.0
"""Longer than for publishing: a subscription that is dropped for a moment's stall costs everybody a look at the
database, and a caller of the hub's has a deadline of its own."""
PING_AFTER_S = 2.0
"""After so long a silence: with the above, a half-open connection is found within 7 s (the looks are 2 s apart)."""


class Subscriptions:
    """on_message: Redis' channel and the payload. on_gap: called after an interruption, once it is over."""

    def __init__(
        self, address: Address, on_message: Callable[[bytes, bytes], None], on_gap: Callable[[], None]
    ) -> None:
        self._link = Link(address, "chorus-subscribe", ANSWER_WITHIN_S, on_message, self._opened, self._lost)
        self._on_gap = on_gap
        self._names: set[bytes] = set()
        # The SUBSCRIBE that was last sent for a name on this connection; an UNSUBSCRIBE after it takes it out.
        self._asked: dict[bytes, asyncio.Future[Reply]] = {}
        self._is_interrupted = False

    async def add(self, name: bytes) -> None:
        """Returns when Redis has confirmed it. Raises ConnectionError or ReplyError; `drop` it then or try again."""
        self._names.add(name)
        self._link.stays = True
        connection = await self._link.ready()
        asked = self._asked.get(name)
        if asked is None:
            asked = self._ask(connection, [name])
        try:
            # Others wait for the same answer.
            await asyncio.shield(asked)
        except ReplyError:
            if self._asked.get(name) is asked:
                del self._asked[name]
            raise

    def drop(self, name: bytes) -> None:
        self._names.discard(name)
        self._link.stays = bool(self._names)
        connection = self._link.connection
        self._asked.pop(name, None)
        if connection is not None:
            # If it cannot be told, what still comes under that name finds nobody.
            with contextlib.suppress(ConnectionError):
                connection.tell(pack(b"UNSUBSCRIBE", name))

    async def close(self) -> None:
        self._names.clear()
        await self._link.close()
        self._is_interrupted = False

    def _ask(self, connection: Connection, names: list[bytes]) -> asyncio.Future[Reply]:
        # One command for each name: of one for several, an error would be one reply in place of many.
        asked = connection.command(b"".join([pack(b"SUBSCRIBE", name) for name in names]), len(names))
        asked.add_done_callback(_seen)
        self._asked.update(dict.fromkeys(names, asked))
        return asked

    def _opened(self, connection: Connection) -> None:
        connection.keep_asking(PING_AFTER_S)
        if self._names:
            names = list(self._names)
            asked = self._ask(connection, names)
            asked.add_done_callback(lambda asked: self._subscribed(asked, names))

    def _subscribed(self, asked: asyncio.Future[Reply], names: Iterable[bytes]) -> None:
        error = None if asked.cancelled() else asked.exception()
        if asked.cancelled() or isinstance(error, ConnectionError):
            return  # there is another interruption already
        if error is not None:
            self._ask_each(error, [name for name in names if self._asked.get(name) is asked])
        if self._is_interrupted:
            self._is_interrupted = False
            self._on_gap()

    def _ask_each(self, error: BaseException, names: Sequence[bytes]) -> None:
        """One of many was refused: the others are not to be deaf for it. That one is, until it is added again."""
        logger.error("Redis does not take every subscription again: %s", error)
        connection = self._link.connection
        for name in names:
            del self._asked[name]
            if connection is not None and len(names) > 1:
                with contextlib.suppress(ConnectionError):
                    self._ask(connection, [name]).add_done_callback(partial(self._answered, name))

    def _answered(self, name: bytes, asked: asyncio.Future[Reply]) -> None:
        if not asked.cancelled() and isinstance(asked.exception(), ReplyError) and self._asked.get(name) is asked:
            del self._asked[name]

    def _lost(self) -> None:
        self._asked.clear()
        self._is_interrupted = bool(self._names)


def _seen(asked: asyncio.Future[Reply]) -> None:
    """Who asked may have gone; an error nobody waits for any more is no fault of the program."""
    if not asked.cancelled():
        asked.exception()
