"""Gather single look-ups into one call: a hundred sockets that arrive together cost one query.

`Batcher(fn)` collects the keys asked for while the last call runs (and within one turn of the loop) and
asks `fn(keys)` once, in a reader thread. Knows no model. Used for users, sessions and access.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from realtime.executors import run_read

__all__ = ["CROWD_PACE_S", "CROWD_SIZE", "Batcher"]

PACE_S = 0.02
"""Between two calls of one kind. Nobody waits for it on a quiet server."""
CROWD_PACE_S = 0.35
"""At most so long while a crowd comes in, for what everybody who comes back asks once: thousands within seconds
then share a few calls, and none of them notices a third of a second beside the wait before they tried again."""
CROWD_SIZE = 400
"""Keys in one call of such a look-up."""
CROWD_PER_S = 100
CROWD_KEYS = 4
"""Fewer keys in one call are no crowd, however soon they came after the last."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Batcher(Generic[K, V]):
    """One gathering point for look-ups of one kind.

    fn: takes 1..max_size distinct keys, returns a mapping; a key that is missing there yields None.
        Called in a reader thread. Whatever it raises reaches every caller of that call.
    max_size: keys per call (200: PostgreSQL plans an IN list of that size as cheaply as a small one).
    crowd_pace_s: how long to gather, at most, while more than CROWD_PER_S keys come in.
    """

    def __init__(
        self,
        fn: Callable[[Sequence[K]], Mapping[K, V]],
        *,
        max_size: int = 200,
        crowd_pace_s: float = PACE_S,
    ) -> None:
        self._fn = fn
        self._max_size = max_size
        self._crowd_pace_s = crowd_pace_s
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, _Gathering[K, V]] = WeakKeyDictionary()

    async def get(self, key: K) -> V | None:
        """The value of `key`, or None. Safe to cancel: others that wait for the same key are not touched."""
        loop = asyncio.get_running_loop()
        gathering = self._loops.get(loop)
        if gathering is None:
            gathering = self._loops[loop] = _Gathering(self._fn, self._max_size, self._crowd_pace_s)
        return await asyncio.shield(gathering.ask(key))


class _Gathering(Generic[K, V]):
    """What one event loop has asked for and not yet been told."""

    def __init__(self, fn: Callable[[Sequence[K]], Mapping[K, V]], max_size: int, crowd_pace_s: float) -> None:
        self._fn = fn
        self._max_size = max_size
        self._crowd_pace_s = crowd_pace_s
        self._waiting: dict[K, asyncio.Future[V | None]] = {}
        self._task: asyncio.Task[None] | None = None
        self._last = float("-inf")
        self._pace_s = PACE_S

    def ask(self, key: K) -> asyncio.Future[V | None]:
        future = self._waiting.get(key)
        if future is None:
            future = self._waiting[key] = asyncio.get_running_loop().create_future()
            # A caller that was cancelled leaves nobody to read the error.
            future.add_done_callback(_retrieve)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work())
        return future

    async def _work(self) -> None:
        try:
            while self._waiting:
                await self._gather()
                keys = list(self._waiting)[: self._max_size]
                await self._answer({key: self._waiting.pop(key) for key in keys})
        finally:
            self._task = None

    async def _gather(self) -> None:
        """Let this turn of the loop finish asking; while calls follow each other closely, let more ask."""
        loop = asyncio.get_running_loop()
        full = len(self._waiting) >= self._max_size
        await asyncio.sleep(0.0 if full else max(0.0, self._last + self._pace_s - loop.time()))
        last, self._last = self._last, loop.time()
        keys = min(len(self._waiting), self._max_size)
        self._pace_s = next_pace(keys, self._last - last, self._max_size, self._crowd_pace_s)

    async def _answer(self, batch: dict[K, asyncio.Future[V | None]]) -> None:
        try:
            values = await run_read(self._fn, list(batch))
            found = {key: values.get(key) for key in batch}
        except Exception as error:  # noqa: BLE001 - handed to each caller as it is
            for future in batch.values():
                if not future.done():
                    future.set_exception(error)
            return
        for key, future in batch.items():
            if not future.done():
                future.set_result(found[key])


def next_pace(keys: int, over_s: float, max_size: int, crowd_pace_s: float) -> float:
    """How long to gather for the next call, in seconds, where `keys` came in the `over_s` before this one.

    In a crowd as long as half a call takes to fill, so that none of it has to wait for a second one.
    """
    per_s = keys / over_s if over_s else float("inf")
    if keys < CROWD_KEYS or per_s < CROWD_PER_S:
        return PACE_S
    return min(crowd_pace_s, max_size / 2 / per_s)


def _retrieve(future: asyncio.Future[V | None]) -> None:
    if not future.cancelled():
        future.exception()
