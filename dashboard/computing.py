"""Runs one source's `compute`: in a thread of its own, or on the loop where it is a coroutine.

A source that is slow, or never comes back, holds its own thread and nobody else's.
"""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import msgspec

from dashboard.source import Source
from realtime.executors import run_apart

__all__ = ["WrongState", "compute"]


class WrongState(TypeError):  # noqa: N818 - what happened
    """`compute` or `publish_state` gave something else than the source's state."""


async def compute(source: Source[Any]) -> msgspec.Struct:
    """The state, whenever it is there. Raises whatever `compute` raises, and WrongState."""
    if inspect.iscoroutinefunction(source.compute):
        state = await source.compute()
    else:
        state = await run_apart(f"source-{source.name}", source.compute)
    return checked(source, state)


def checked(source: Source[Any], state: Any) -> msgspec.Struct:
    """`state`, if it is one of this source."""
    if not isinstance(state, source.state):
        raise WrongState(f"{type(source).__name__} gave {type(state).__name__} and not {source.state.__name__}.")
    return state


async def within(seconds: float, running: asyncio.Task[Any]) -> bool:
    """Whether it ended in time. It goes on where it did not."""
    done, _ = await asyncio.wait({running}, timeout=seconds)
    return bool(done)
