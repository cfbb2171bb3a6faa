"""Threads for the database: one writer, a few readers and one beside, each with its own connections.

Channels' `database_sync_to_async` sends everything through one shared thread, where a slow page would
hold up every acknowledgement. Here reads and the writer never wait for each other. Knows no model and
no feature; `run_read`, `run_write`, `run_beside` and `run_apart` are the only doors.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

from django.db import Error, connections

from realtime import health
from realtime.conf import conf
from realtime.database import is_away, is_collision
from realtime.protocol.errors import Unavailable

__all__ = ["close_executors", "run_apart", "run_beside", "run_read", "run_write"]

KEPT_S = 1.0
"""A connection unused for longer is given back and taken anew before the next use, so that one which the server closed
meanwhile is found out. To do so each time costs a transaction a round trip, and on SQLite opens the file again."""

APART_END_S = 1.0
"""For all of them together: a process that is to end has not a second for each source that hangs."""

P = ParamSpec("P")
T = TypeVar("T")


class _Apart(threading.Thread):
    """One thread that nobody waits for at the end: an executor's would keep the process alive."""

    def __init__(self, name: str) -> None:
        super().__init__(name=f"chorus-{name}", daemon=True)
        self._work: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self.start()

    def submit(self, fn: Callable[[], T]) -> Future[T]:
        future: Future[T] = Future()
        self._work.put((future, fn))
        return future

    def end(self) -> None:
        self._work.put(None)

    def run(self) -> None:
        while (work := self._work.get()) is not None:
            future, fn = work
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(fn())
            except BaseException as error:  # noqa: BLE001 - it is the caller's
                future.set_exception(error)


_lock = threading.Lock()
_pools: dict[str, ThreadPoolExecutor] = {}
_aparts: dict[str, _Apart] = {}
# Connections belong to threads that end with their pool; they are remembered to be closed then.
_opened: dict[int, Any] = {}
_used = threading.local()
"""`at`: when this thread last used its connections, on the monotonic clock."""


async def run_read(fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `fn` in a reader thread and return its result.

    Raises `Unavailable` where the database was away or busy; anything else `fn` raises comes out as it is.
    Safe to cancel: the thread finishes its query and the result is dropped.
    """
    return await _available("reader", fn, *args, **kwargs)


async def run_write(fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `fn` in the one writer thread of this process. Database errors come out as they are:
    the group-commit runner tells them apart.
    """
    return await asyncio.wrap_future(_submit("writer", fn, *args, **kwargs))


async def run_beside(fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `fn` in a thread that neither readers nor the writer wait for: what may take long, one after the other.

    Raises as `run_read` does.
    """
    return await _available("beside", fn, *args, **kwargs)


async def run_apart(name: str, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `fn` in the one thread of that name, for what may never come back: it holds up what goes by its name alone.

    Raises as `run_read` does. Names are few, since each keeps a thread.
    """
    try:
        return await asyncio.wrap_future(_apart(name).submit(partial(_guarded, fn, *args, **kwargs)))
    except Error as error:
        if is_away(error) or is_collision(error):
            raise Unavailable("The database is not available right now.") from error
        raise


def close_executors() -> None:
    """Wait for the threads to end, then close their connections. The next call starts new ones.

    What runs apart gets a moment, all of it the same one; it dies with the process.
    """
    with _lock:
        pools, apart = list(_pools.values()), list(_aparts.values())
        _pools.clear()
        _aparts.clear()
    for pool in pools:
        pool.shutdown(wait=True)
    for each in apart:
        each.end()
    end_at = time.monotonic() + APART_END_S
    for each in apart:
        each.join(max(0.0, end_at - time.monotonic()))
    # Not before they have ended: what a caller gave up on runs to its end, and may have opened one.
    opened = list(_opened.values())
    _opened.clear()
    for connection in opened:
        connection.inc_thread_sharing()
        try:
            connection.close()
        finally:
            connection.dec_thread_sharing()


def _forget_parent() -> None:
    """In a forked child: its parent's threads are not here, and work given to them would wait for ever."""
    global _lock  # noqa: PLW0603 - the parent's may be held by a thread that is not here
    _lock = threading.Lock()
    _pools.clear()
    _aparts.clear()
    _opened.clear()


os.register_at_fork(after_in_child=_forget_parent)


async def _available(name: str, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return await asyncio.wrap_future(_submit(name, fn, *args, **kwargs))
    except Error as error:
        if is_away(error) or is_collision(error):
            raise Unavailable("The database is not available right now.") from error
        raise


def _submit(name: str, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
    pool = _pools.get(name) or _start_pool(name)
    return pool.submit(lambda: _guarded(fn, *args, **kwargs))


def _start_pool(name: str) -> ThreadPoolExecutor:
    with _lock:
        if name not in _pools:
            size = conf().READERS if name == "reader" else 1
            _pools[name] = ThreadPoolExecutor(size, thread_name_prefix=f"chorus-{name}")
        return _pools[name]


def _apart(name: str) -> _Apart:
    with _lock:
        if name not in _aparts:
            _aparts[name] = _Apart(name)
        return _aparts[name]


def _guarded(fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    _drop_unusable(idle=time.monotonic() > getattr(_used, "at", 0.0) + KEPT_S)
    try:
        result = fn(*args, **kwargs)
    except Error as error:
        if is_away(error):
            health.database_failed()
            # So that a restarted database is found again by the next call and not by the one after it.
            _drop_unusable(idle=False)
        raise
    except StopIteration as error:
        # No future takes it, so whoever waits would wait for ever.
        raise RuntimeError("An iterator ended where a value was expected.") from error
    finally:
        _used.at = time.monotonic()
        for connection in connections.all(initialized_only=True):
            _opened[id(connection)] = connection
    health.database_answered()
    return result


def _drop_unusable(*, idle: bool) -> None:
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block and (idle or connection.errors_occurred):
            connection.close_if_unusable_or_obsolete()
