"""The writers of connections in any form but plain JSON, and which writer a connection gets.

Classes of their own, so that a delivery in plain JSON asks no question it has not asked before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from realtime.hub.forms import Form, form_of, message
from realtime.hub.writers import Batch, Lane, LaneWriter, QueueWriter, Send, Writer
from realtime.protocol.encodings import MSGPACK, Encoding

__all__ = ["FormLaneWriter", "PackedQueueWriter", "lane_writer", "queue_writer"]


class FormLaneWriter(LaneWriter):
    """A `LaneWriter` in the form it is given."""

    __slots__ = ("form",)

    def __init__(self, lane: Lane, budget_bytes: int, on_slow: Callable[[], None], form: Form) -> None:
        super().__init__(lane, budget_bytes, on_slow)
        self.form = form

    def write(self, frame: bytes, *, counts: bool = True) -> None:
        if not self.closed:
            self._write_own(message(frame, self.form), counts=counts)


class PackedQueueWriter(QueueWriter):
    """A `QueueWriter` of MessagePack."""

    __slots__ = ()

    form = Form.MSGPACK

    def write(self, frame: bytes, *, counts: bool = True) -> None:
        if not self.closed:
            self._put_own({"bytes": frame}, len(frame), counts=counts)

    def write_batch(self, batch: Batch) -> None:
        for frame in batch.packed:
            self._put({"bytes": frame}, len(frame), len(frame))


def lane_writer(lane: Any, encoding: Encoding, budget_bytes: int, on_slow: Callable[[], None]) -> Writer:
    """The writer of a connection of `serve`."""
    form = form_of(encoding, deflates=lane.deflates)
    if form is Form.JSON:
        return LaneWriter(lane, budget_bytes, on_slow)
    return FormLaneWriter(lane, budget_bytes, on_slow, form)


def queue_writer(send: Send, encoding: Encoding, budget_bytes: int, on_slow: Callable[[], None]) -> Writer:
    """The writer of a connection of any other server, which compresses by itself or not at all."""
    kind = PackedQueueWriter if encoding is MSGPACK else QueueWriter
    return kind(send, budget_bytes, on_slow)
