"""The one ordered writer of a connection: hello, replies, errors, events, pongs and the close all pass it.

Two kinds with one face. `LaneWriter` writes bytes straight to the transport that `manage.py serve` put into
the scope; `QueueWriter` is a bounded queue over ASGI's `await send()` for every other server. Neither owns
a timer or a standing task. Nothing may write to a connection past its writer: an event would overtake the
reply that names its seq.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from realtime.hub.batch import Batch, websocket_text
from realtime.hub.forms import Form
from realtime.metrics import tally
from realtime.protocol.codes import CloseCode

__all__ = ["Batch", "Lane", "LaneWriter", "QueueWriter", "Writer", "give_up", "websocket_text"]

logger = logging.getLogger(__name__)

ABORT_AFTER_S = 5.0
FULL_BYTES = 65_536
"""The transport's high-water mark (uvloop's default): below it nobody counts what a reader has not taken."""
REPLIES_FACTOR = 32
"""Replies to `subscribe` do not count, but nobody is kept for more unsent than this many budgets: enough for
a hundred topics recovered at once, and an end to one who subscribes over and over and reads nothing.
"""
INTERNAL_ERROR = 1011  # RFC 6455, 7.4.1: a client comes back and recovers what it missed

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Lane(Protocol):
    """What `manage.py serve` puts at scope["extensions"]["chorus.lane"] (realtime.server.lane)."""

    on_life: Callable[[], None] | None
    on_text: Callable[[str], bool] | None
    """Given each whole text; False leaves it to `receive()`. Asked only while nothing waits there."""
    on_full: Callable[[], None] | None
    """Called when the socket's buffer has come to hold more than FULL_BYTES."""
    on_end: Callable[[], None] | None
    """Called when nothing may be written any more."""

    @property
    def fast(self) -> Callable[[bytes], None]:
        """`write` without a question, for as long as `on_end` was not called."""

    @property
    def deflates(self) -> bool:
        """Whether the handshake agreed on compressed messages."""

    def write(self, data: bytes) -> None: ...
    def unsent_bytes(self) -> int: ...
    def ping(self) -> None: ...
    def close(self, code: int, reason: str) -> None: ...
    def abort(self) -> None: ...


class Writer(Protocol):
    """The face both writers share. Every method returns at once and is silent once `closed`."""

    form: Form
    closed: bool
    close_code: int | None
    """What it was closed with from here; None if the other side left."""

    def write(self, frame: bytes, *, counts: bool = True) -> None:
        """Write one frame, encoded as the form says. `counts=False`: a subscribe reply, not seen by the byte budget."""

    def write_batch(self, batch: Batch) -> None: ...
    def unsent_bytes(self) -> int: ...
    def ping(self) -> bool:
        """Send a WebSocket ping; False where the server keeps pongs to itself."""

    def close(self, code: int, reason: str = "") -> None: ...


class LaneWriter:
    """Writes to the socket's own buffer; over `budget_bytes` unsent the reader is closed with 4008.

    send: writes bytes of the connection's form, and is what the fan-out calls. For a reader that keeps up it is the
    transport's own `write`; for one that does not it counts as well; after the end it does nothing.
    behind: False while the reader has less than FULL_BYTES to take, so that nobody need ask.
    """

    __slots__ = ("_budget_bytes", "_lane", "_on_slow", "_replies", "_written", "behind", "close_code", "closed", "send")

    form = Form.JSON

    def __init__(self, lane: Lane, budget_bytes: int, on_slow: Callable[[], None]) -> None:
        self._lane = lane
        self._budget_bytes = budget_bytes
        self._on_slow = on_slow
        self._written = 0
        # Of replies that may not be sent yet: `_written` at their end, and their size. Mostly there are none.
        self._replies: deque[tuple[int, int]] | None = None
        self.behind = True
        self.closed = False
        self.close_code: int | None = None
        self.send: Callable[[bytes], None] = self._careful
        lane.on_full = self._watch
        lane.on_end = self._end

    def write(self, frame: bytes, *, counts: bool = True) -> None:
        if not self.closed:
            self._write_own(websocket_text(frame), counts=counts)

    def write_batch(self, batch: Batch) -> None:
        self.send(batch.wire_in(self.form))

    def unsent_bytes(self) -> int:
        return self._lane.unsent_bytes()

    def ping(self) -> bool:
        if not self.closed:
            self._lane.ping()
        return True

    def close(self, code: int, reason: str = "") -> None:
        if self.closed:
            return
        self.closed = True
        self.close_code = code
        self._end()
        self._lane.close(code, reason)

    def _write_own(self, data: bytes, *, counts: bool) -> None:
        tally.frames_out += 1
        tally.bytes_out += len(data)
        if not counts:
            self._replies = self._replies or deque()
            self._replies.append((self._written + len(data), len(data)))
        self._careful(data)

    def _careful(self, data: bytes) -> None:
        """Write, and look at what the reader has not taken yet."""
        self._lane.write(data)
        self._written += len(data)
        unsent = self._lane.unsent_bytes()
        if not unsent:
            self._replies = None
            if self.send == self._careful and self._budget_bytes >= FULL_BYTES:
                self.send, self.behind = self._lane.fast, False
            return
        self._watch()
        if unsent <= self._budget_bytes:
            return
        if unsent > self._budget_bytes * REPLIES_FACTOR or unsent - self._replies_in(unsent) > self._budget_bytes:
            self._on_slow()
            self.close(CloseCode.SLOW_CONSUMER, "slow consumer")
            # uvicorn alone would keep the connection and its buffer for as long as the peer likes.
            asyncio.get_running_loop().call_later(ABORT_AFTER_S, self._lane.abort)

    def _watch(self) -> None:
        """The reader is behind: from here on count, until it has taken all."""
        self.behind = True
        if self.send is not _nothing:
            self.send = self._careful

    def _end(self) -> None:
        """No more may be written: the close frame is out, or the socket is gone."""
        self.send = _nothing

    def _replies_in(self, unsent: int) -> int:
        """How many of the unsent bytes are replies that do not count."""
        if not self._replies:
            return 0
        sent = self._written - unsent
        while self._replies and self._replies[0][0] <= sent:
            self._replies.popleft()
        return sum(min(size, end - sent) for end, size in self._replies)


class QueueWriter:
    """A bounded queue over `await send()`. The task that empties it lives only while there is something."""

    __slots__ = ("_budget_bytes", "_counted", "_on_slow", "_queue", "_send", "_task", "_unsent", "close_code", "closed")

    form = Form.JSON

    def __init__(self, send: Send, budget_bytes: int, on_slow: Callable[[], None]) -> None:
        self._send = send
        self._budget_bytes = budget_bytes
        self._on_slow = on_slow
        # Each message with its size, and with what of it counts.
        self._queue: deque[tuple[dict[str, Any], int, int]] = deque()
        self._unsent = 0
        self._counted = 0
        self._task: asyncio.Task[None] | None = None
        self.closed = False
        self.close_code: int | None = None

    def write(self, frame: bytes, *, counts: bool = True) -> None:
        if not self.closed:
            self._put_own({"text": frame.decode()}, len(frame), counts=counts)

    def write_batch(self, batch: Batch) -> None:
        if self.closed:
            return
        for text, frame in zip(batch.texts, batch.frames, strict=True):
            self._put({"text": text}, len(frame), len(frame))

    def unsent_bytes(self) -> int:
        return self._unsent

    def ping(self) -> bool:
        return False

    def close(self, code: int, reason: str = "") -> None:
        if self.closed:
            return
        self.closed = True
        self.close_code = code
        self._enqueue({"type": "websocket.close", "code": int(code), "reason": reason}, 0, 0)

    def _put_own(self, content: dict[str, Any], size: int, *, counts: bool) -> None:
        tally.frames_out += 1
        tally.bytes_out += size
        self._put(content, size, size if counts else 0)

    def _put(self, content: dict[str, Any], size: int, counted: int) -> None:
        if self.closed:
            return  # an earlier frame of the same batch was one too many
        self._enqueue({"type": "websocket.send", **content}, size, counted)
        if self._counted > self._budget_bytes or self._unsent > self._budget_bytes * REPLIES_FACTOR:
            self._on_slow()
            self._drop_queue()
            self.close(CloseCode.SLOW_CONSUMER, "slow consumer")

    def _enqueue(self, message: dict[str, Any], size: int, counted: int) -> None:
        self._queue.append((message, size, counted))
        self._unsent += size
        self._counted += counted
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._drain())

    async def _drain(self) -> None:
        try:
            while self._queue:
                message, size, counted = self._queue.popleft()
                try:
                    await self._send(message)
                finally:
                    self._unsent -= size
                    self._counted -= counted
        except Exception:  # noqa: BLE001 - each server has its own error for "the client has left"
            self.closed = True
            self._drop_queue()
        finally:
            self._task = None

    def _drop_queue(self) -> None:
        self._unsent -= sum(size for _, size, _ in self._queue)
        self._counted -= sum(counted for *_, counted in self._queue)
        self._queue.clear()


def _nothing(_: bytes) -> None:
    """What is written to a connection that has ended."""


def give_up(writer: Writer, error: Exception) -> None:
    """Close after a fault of ours in `writer`."""
    logger.error("Writing to a connection failed", exc_info=error)
    with contextlib.suppress(Exception):
        writer.close(INTERNAL_ERROR, "internal error")
