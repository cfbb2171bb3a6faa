"""Whether the other end is still there: ping when nothing was sent for a while, give up when nothing comes.

Page: docs/reference/protocol.md, "Heartbeat".
"""

from collections.abc import Callable
from typing import Final

from realtime.client.clock import Clock, Timer

__all__ = ["PATIENCE_S", "Heartbeat"]

# Any frame has to arrive within this after a ping.
PATIENCE_S: Final = 10.0


class Heartbeat:
    """One timer at a time, and none is moved by traffic: it looks when it fires, and sets the next."""

    __slots__ = ("_clock", "_dead", "_deadline", "_every_s", "_ping", "_sent_at", "_timer")

    def __init__(self, clock: Clock, every_s: float, *, ping: Callable[[], object], dead: Callable[[], object]) -> None:
        self._clock = clock
        self._every_s = every_s
        self._ping = ping
        self._dead = dead
        self._deadline: float | None = None
        self._sent_at = clock.now()
        self._timer: Timer = clock.call_later(every_s, self._look)

    def sent(self) -> None:
        """Something went out."""
        self._sent_at = self._clock.now()

    def received(self) -> None:
        """Something came in, whatever it was."""
        self._deadline = None

    def stop(self) -> None:
        self._timer.cancel()

    def _look(self) -> None:
        now = self._clock.now()
        if self._deadline is not None and now >= self._deadline:
            self._dead()
            return
        if self._deadline is None and now - self._sent_at >= self._every_s:
            self._deadline = now + PATIENCE_S
            self._ping()
        due = self._sent_at + self._every_s if self._deadline is None else self._deadline
        self._timer = self._clock.call_later(max(0.0, due - now), self._look)
