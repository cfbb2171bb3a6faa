"""Runs one source's `compute`: in a thread of its own, or on the loop where it is a coroutine.

A source that is slow, or never comes back, holds its own thread and nobody else's.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from dashboard.source import Source
from realtime.executors import run_apart

__all__ = ["ComputeEnded", "WrongState", "apart", "checked", "compute", "within"]


T = TypeVar("T")


class WrongState(TypeError):  # noqa: N818 - what happened
    """`compute` or `publish_state` gave something else than the source's state."""


class ComputeEnded(Exception):  # noqa: N818 - what happened
    """`compute` raised what would end the thread, the task or the process it runs in (`sys.exit`, a cancelled wait)."""


async def compute(source: Source[Any]) -> msgspec.Struct:
    """The state, whenever it is there. Raises whatever `compute` raises, WrongState and ComputeEnded."""
    if not inspect.iscoroutinefunction(source.compute):
        return await apart(source, lambda: checked(source, source.compute()))
    try:
        return checked(source, await source.compute())
    except (SystemExit, asyncio.CancelledError) as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise  # it is we who are to end
        raise ComputeEnded(repr(error)) from error


async def apart(source: Source[Any], fn: Callable[[], T]) -> T:
    """Run a hook of the source in its thread."""
    return await run_apart(f"source-{source.name}", _tamed, fn)


def checked(source: Source[Any], state: Any) -> msgspec.Struct:
    """`state`, if it is one of this source and each value is of its field's type, which structs do not look at."""
    if not isinstance(state, source.state):
        raise WrongState(f"{type(source).__name__} gave {type(state).__name__} and not {source.state.__name__}.")
    try:
        # Not JSON, which knows no NaN and would find a number missing.
        msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=source.state)
    except msgspec.ValidationError as error:
        raise WrongState(f"{type(source).__name__} gave a wrong {source.state.__name__}: {error}.") from error
    return state


async def within(seconds: float, running: asyncio.Task[Any]) -> bool:
    """Whether it ended in time. It goes on where it did not."""
    done, _ = await asyncio.wait({running}, timeout=seconds)
    return bool(done)


def _tamed(fn: Callable[[], T]) -> T:
    try:
        return fn()
    except (SystemExit, asyncio.CancelledError) as error:
        # They would end whoever waits.
        raise ComputeEnded(repr(error)) from error
