"""Group commit: what arrives while the last transaction runs goes into the next one, together.

The runner knows nothing of what it writes; a feature supplies the transaction (`chat.writer`). It owns
the order, the bounded queue, and what a failure means: a batch whose data fails is halved until only the
guilty one gets an error; one that collided is run again whole; one that lost its database is
`unavailable`, its outcome unknown and settled by the caller's key.

What a transaction publishes is told behind its outcomes, so that on the sender's connection an event never
comes before the reply that names its seq.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeAlias, TypeVar, cast
from weakref import WeakSet

from realtime import tracing
from realtime.database import is_away, is_collision
from realtime.executors import run_write
from realtime.hub.doors import holding, publish
from realtime.hub.types import Publication
from realtime.metrics import tally
from realtime.protocol.errors import Internal, RealtimeError, Unavailable

if TYPE_CHECKING:
    from opentelemetry.trace import SpanContext

__all__ = ["DEFER", "Deferred", "GroupCommit", "changes_waiting", "flush_all"]

logger = logging.getLogger(__name__)

C = TypeVar("C")
R = TypeVar("R")


class Deferred(Enum):
    """The outcome of a change whose rows were locked by somebody else: it goes first in the next batch."""

    DEFER = "defer"


DEFER: Final = Deferred.DEFER
Outcome: TypeAlias = R | RealtimeError | Literal[Deferred.DEFER]
# Runs in the writer thread and owns its transaction; `alone` says: wait a little for locks before deferring.
RunBatch: TypeAlias = Callable[[Sequence[C], bool], Sequence[Outcome[R]]]

_MISSES_BEFORE_ALONE = 2
# After so many it is given up. With a wait of 100 ms at every third, that is ten seconds.
_MISSES_MAX = 300
_COLLISION_TRIES = 5
_COLLISION_PAUSE_S = 0.01

_all: WeakSet[GroupCommit[Any, Any]] = WeakSet()


class _Held(list[Publication]):
    """What a transaction published, until its outcomes are told; and its span, where it is traced."""

    span: SpanContext | None = None


class _Entry(Generic[C, R]):
    __slots__ = ("change", "future", "misses", "span")

    def __init__(self, change: C, future: asyncio.Future[R]) -> None:
        self.change = change
        self.future = future
        self.misses = 0
        self.span = None if tracing.active is None else tracing.active.current()


class GroupCommit(Generic[C, R]):
    """One writer: `submit` from its event loop only. Changes commit in the order they were submitted,
    but for those whose rows somebody else holds; order among the changes to one row always stands.

    max_batch: changes per transaction. max_queue: changes waiting, then `Unavailable` at once.
    """

    def __init__(
        self,
        run_batch: RunBatch[C, R],
        *,
        name: str,
        max_batch: int = 200,
        max_queue: int = 10_000,
        execute: Callable[[RunBatch[C, R], Sequence[C], bool], Awaitable[Sequence[Outcome[R]]]] = run_write,
    ) -> None:
        self._run_batch = run_batch
        self._execute = execute
        self._name = name
        self._max_batch = max_batch
        self.max_queue = max_queue
        self._queue: deque[_Entry[C, R]] = deque()
        self._deferred: deque[_Entry[C, R]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self.loop: asyncio.AbstractEventLoop | None = None
        _all.add(self)

    def __len__(self) -> int:
        """Changes that wait for a transaction."""
        return len(self._queue) + len(self._deferred)

    def submit(self, change: C) -> asyncio.Future[R]:
        """Queue a change; the future is done once it is durable or refused (`RealtimeError`).

        Raises `Unavailable` at once when the queue is full or closing. Cancelling the future does not
        take the change back: it may commit all the same.
        """
        if self._closing or len(self) >= self.max_queue:
            raise Unavailable("Too much is waiting to be written; try again.", retry_after_s=1.0)
        loop = self.loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()
        self._queue.append(_Entry(change, future))
        if self._task is None:
            self._task = loop.create_task(self._work(), name=f"group-commit-{self._name}")
        return future

    async def flush(self) -> None:
        """Wait until what was submitted is settled."""
        while self._task is not None:
            await asyncio.wait({self._task})

    async def aclose(self) -> None:
        """Refuse new changes and wait until those submitted are settled."""
        self._closing = True
        await self.flush()

    async def _work(self) -> None:
        try:
            while self._queue or self._deferred:
                await asyncio.sleep(0)  # the rest of this turn's frames join the batch
                await self._settle(*self._take())
        finally:
            self._task = None

    def _take(self) -> tuple[list[_Entry[C, R]], bool]:
        if self._deferred and _is_due_alone(self._deferred[0]):
            missed = [entry for entry in self._deferred if entry.misses >= _MISSES_BEFORE_ALONE]
            batch = missed[: self._max_batch]
            taken = set(map(id, batch))
            self._deferred = deque(entry for entry in self._deferred if id(entry) not in taken)
            return batch, True
        batch = []
        for source in (self._deferred, self._queue):
            while source and len(batch) < self._max_batch:
                batch.append(source.popleft())
        return batch, False

    async def _settle(self, batch: list[_Entry[C, R]], alone: bool) -> None:
        held = _Held()
        try:
            outcomes = await self._run(batch, alone, held)
        except Exception as error:  # noqa: BLE001 - told apart below, logged where it is ours
            _publish(held)  # empty, unless the fault came after the commit
            await self._failed(batch, alone, error)
            return
        deferred = []
        for entry, outcome in zip(batch, outcomes, strict=True):
            if outcome is DEFER and entry.misses < _MISSES_MAX:
                entry.misses += 1
                deferred.append(entry)
            else:
                _set(entry.future, _unavailable(None) if outcome is DEFER else outcome)
        self._deferred.extendleft(reversed(deferred))
        # The futures' callbacks, which write the replies, are queued by now, and this behind them.
        asyncio.get_running_loop().call_soon(_publish, held)

    async def _run(self, batch: list[_Entry[C, R]], alone: bool, held: _Held) -> Sequence[Outcome[R]]:
        if tracing.active is None:
            return await self._commit(batch, alone, held)
        with tracing.active.commit(self._name, [entry.span for entry in batch], len(batch)) as held.span:
            return await self._commit(batch, alone, held)

    async def _commit(self, batch: list[_Entry[C, R]], alone: bool, held: _Held) -> Sequence[Outcome[R]]:
        changes = [entry.change for entry in batch]
        run_batch = partial(_run_holding, held, self._run_batch)
        for attempt in range(1, _COLLISION_TRIES + 1):
            started = time.monotonic()
            try:
                outcomes = await self._execute(run_batch, changes, alone)
            except Exception as error:
                if is_collision(error):
                    tally.collisions += 1
                if attempt == _COLLISION_TRIES or not is_collision(error):
                    raise
                await asyncio.sleep(_COLLISION_PAUSE_S * attempt * (0.5 + random.random()))  # noqa: S311 - jitter
            else:
                tally.committed(len(changes), time.monotonic() - started)
                return outcomes
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _failed(self, batch: list[_Entry[C, R]], alone: bool, error: Exception) -> None:
        if is_away(error) or is_collision(error):
            logger.warning("%s: %d changes unsettled: %s", self._name, len(batch), error)
            for entry in batch:
                _set(entry.future, _unavailable(error))
        elif len(batch) == 1:
            logger.error("%s: a change was refused by its data", self._name, exc_info=error)
            _set(batch[0].future, _internal(error))
        else:
            middle = len(batch) // 2
            await self._settle(batch[:middle], alone)
            # What the first half deferred must not be overtaken by the second half's changes to the same
            # rows, so the second half waits behind it in the queue's own order.
            if self._deferred:
                self._deferred.extend(batch[middle:])
            else:
                await self._settle(batch[middle:], alone)


def changes_waiting() -> tuple[int, float]:
    """How many changes wait on the running loop, and how full the fullest of its queues is (1.0: full)."""
    loop = asyncio.get_running_loop()
    writers = [writer for writer in list(_all) if writer.loop is loop]
    return sum(map(len, writers)), max((len(writer) / writer.max_queue for writer in writers), default=0.0)


async def flush_all() -> None:
    """Wait until every writer of the running loop has settled what was submitted; for draining."""
    loop = asyncio.get_running_loop()
    for writer in list(_all):
        if writer.loop is loop:
            await writer.flush()


def _publish(held: _Held) -> None:
    if tracing.active is None or not held:
        publish(held)
        return
    with tracing.active.publishing(held.span, held) as publications:
        publish(publications)


def _run_holding(
    held: list[Publication], run_batch: RunBatch[C, R], changes: Sequence[C], alone: bool
) -> Sequence[Outcome[R]]:
    with holding(held):
        return run_batch(changes, alone)


def _set(future: asyncio.Future[R], outcome: Outcome[R]) -> None:
    if future.done():  # the client has left
        return
    if isinstance(outcome, RealtimeError):
        future.set_exception(outcome)
        # A sender that went away before its error is no "exception was never retrieved".
        future.exception()
    else:
        future.set_result(cast("R", outcome))


def _is_due_alone(entry: _Entry[Any, Any]) -> bool:
    """Whether its rows are waited for now. Not every time, because nobody else is written meanwhile."""
    return entry.misses % (_MISSES_BEFORE_ALONE + 1) == _MISSES_BEFORE_ALONE


def _unavailable(cause: Exception | None) -> Unavailable:
    if cause is None or is_collision(cause):
        error = Unavailable("Somebody else is writing here; nothing was written. Try again.", retry_after_s=1.0)
    else:
        error = Unavailable("The database is away; whether this was written is unknown. The same key settles it.")
    error.__cause__ = cause
    return error


def _internal(cause: Exception) -> Internal:
    error = Internal("This could not be stored.")
    error.__cause__ = cause
    return error
