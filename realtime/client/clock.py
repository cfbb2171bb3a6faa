"""The time as an argument: tests bring a clock that stands still until it is told to go on."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

__all__ = ["Clock", "LoopClock", "Timer"]


class Timer(Protocol):
    """A call that is to come."""

    def cancel(self) -> object: ...


class Clock(Protocol):
    """Seconds from any beginning, never stepping back."""

    def now(self) -> float: ...

    def call_later(self, delay_s: float, callback: Callable[..., object], *args: Any) -> Timer: ...


class LoopClock:
    """The running event loop's own clock and timers: thousands of them cost one heap, no task."""

    __slots__ = ()

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def call_later(self, delay_s: float, callback: Callable[..., object], *args: Any) -> Timer:
        return asyncio.get_running_loop().call_later(delay_s, callback, *args)
