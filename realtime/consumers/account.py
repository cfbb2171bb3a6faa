"""What one connection came to: a few numbers, and one line of the log at its end.

No message has a line, and no line says what was written: neither texts, tokens nor what a client gives as the reason
for its close. Page: docs/how-to/monitor.md.
"""

from __future__ import annotations

import logging

from structlog.contextvars import bind_contextvars

from realtime.metrics import tally
from realtime.metrics.counts import NO_CODE
from realtime.protocol.codes import CloseCode

__all__ = ["Account"]

logger = logging.getLogger(__name__)


class Account:
    """came_at: when the handshake came, on the loop's clock. events_out, bytes_out: of streams, without replies."""

    __slots__ = ("bytes_in", "bytes_out", "came_at", "connection", "events_out", "frames_in", "topics", "user")

    def __init__(self, connection: str, user: int | None, came_at: float) -> None:
        self.connection = connection
        self.user = user
        self.came_at = came_at
        self.frames_in = self.bytes_in = self.events_out = self.bytes_out = self.topics = 0

    def bind(self, user: int | None) -> None:
        """It is this user's. From here on each line of the log that is written while it is answered says so."""
        self.user = user
        bind_contextvars(connection=self.connection, user=user)

    def greeted(self, now: float) -> None:
        tally.handshake.add(now - self.came_at)

    def heard(self, size: int) -> None:
        """It sent a message."""
        self.frames_in += 1
        self.bytes_in += size
        tally.frames_in += 1
        tally.bytes_in += size

    def received(self, events: int, size: int) -> None:
        """So much of a stream went to it while it was subscribed."""
        self.events_out += events
        self.bytes_out += size

    def end(self, code: int, now: float, *, ours: bool) -> None:
        """It is gone. ours: whether this side closed it."""
        told = {
            "connection": self.connection,
            "user": self.user,
            "duration_s": round(now - self.came_at, 3),
            "frames_in": self.frames_in,
            "bytes_in": self.bytes_in,
            "events_out": self.events_out,
            "bytes_out": self.bytes_out,
            "topics": self.topics,
            "code": code,
            "reason": reason(code, ours=ours),
        }
        logger.info("connection_ended", extra=told)


def reason(code: int, *, ours: bool) -> str:
    """A word for a close code."""
    if code in set(CloseCode):
        return CloseCode(code).name.lower()
    if ours:
        return "internal_error"
    return "cut" if code == NO_CODE else "left"
