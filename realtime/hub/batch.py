"""What one flush writes to all its readers: every form of it is made once, when the first reader asks for it."""

from __future__ import annotations

from collections.abc import Sequence

from realtime.hub.forms import Form, message, packed, shared_message
from realtime.hub.types import Item
from realtime.protocol.encodings import MSGPACK
from realtime.protocol.packed import repack

__all__ = ["Batch", "websocket_text"]


class Batch:
    """Frames of one flush: joined for lanes, decoded for queues, each made once for all sockets.

    items: what the frames are of. With them their other forms are made once for all batches, too.
    """

    __slots__ = ("_forms", "_items", "_packed", "_texts", "_wire", "frames")

    def __init__(self, frames: Sequence[bytes], items: Sequence[Item] | None = None) -> None:
        self.frames = frames
        self._items = items
        self._wire: bytes | None = None
        self._texts: list[str] | None = None
        self._packed: list[bytes] | None = None
        self._forms: dict[Form, bytes] | None = None

    @classmethod
    def of(cls, items: Sequence[Item]) -> Batch:
        """The frames of these items."""
        return cls([item.frame for item in items], items)

    @property
    def wire(self) -> bytes:
        """All frames as WebSocket frames, one bytes object."""
        if self._wire is None:
            self._wire = b"".join(map(websocket_text, self.frames))
        return self._wire

    @property
    def texts(self) -> list[str]:
        """All frames as text."""
        if self._texts is None:
            self._texts = [frame.decode() for frame in self.frames]
        return self._texts

    @property
    def packed(self) -> list[bytes]:
        """All frames in MessagePack."""
        if self._packed is None:
            items = self._items
            self._packed = [*map(repack, self.frames)] if items is None else [*map(packed, items)]
        return self._packed

    def wire_in(self, form: Form) -> bytes:
        """`wire` in any form: all frames as WebSocket messages, one bytes object."""
        if form is Form.JSON:
            return self.wire
        if self._forms is None:
            self._forms = {}
        wire = self._forms.get(form)
        if wire is None:
            wire = self._forms[form] = b"".join(self._messages(form))
        return wire

    @property
    def size(self) -> int:
        """Bytes of all frames as JSON, for those who are written to in no form of ours."""
        frames = self.frames
        return len(frames[0]) if len(frames) == 1 else sum(map(len, frames))

    def _messages(self, form: Form) -> list[bytes]:
        if self._items is not None:
            return [shared_message(item, form) for item in self._items]
        frames = self.packed if form.encoding is MSGPACK else self.frames
        return [message(frame, form) for frame in frames]


def websocket_text(payload: bytes) -> bytes:
    """`payload` as one unmasked text frame (RFC 6455, 5.2). Server frames are the same for everybody."""
    size = len(payload)
    if size < 126:
        return b"\x81" + size.to_bytes(1, "big") + payload
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload
