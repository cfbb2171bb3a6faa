"""The forms a frame can have on the wire, and how each is made once for everybody who gets it.

A form is an encoding with or without compression (RFC 7692, permessage-deflate). A connection has one from its
handshake to its end, and its writer says which. Plain JSON, the form most have, is made by `Batch` alone and
touches nothing here. Every other form of an event is made when the first of its readers is written to, and kept
with the `Item`, whoever else comes to need it: a flush, somebody who joins, somebody who comes back.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from realtime.conf import conf
from realtime.protocol.encodings import JSON, MSGPACK, Encoding
from realtime.protocol.packed import Packed, packed_event_body, packed_list, repack

if TYPE_CHECKING:
    from realtime.hub.types import Item

__all__ = [
    "DEFLATE_WINDOW_BITS",
    "Form",
    "deflated",
    "form_of",
    "framed",
    "message",
    "packed",
    "packed_bodies",
    "shared_message",
]

DEFLATE_WINDOW_BITS: Final = 15
"""What is compressed for everybody has one window, the standard's largest."""
DEFLATE_LEVEL: Final = 1
"""Level 6 made events 1 % smaller and snapshots 9 %, for three times the work on the latter (decision 0023)."""

_TEXT, _BINARY = 0x81, 0x82  # whole messages (RFC 6455, 5.2)
_RSV1 = 0x40  # "per-message compressed" (RFC 7692, 6)
_PACKED = -1  # among what is made of an item: its frame in MessagePack, no message yet
_FLUSHED = b"\0\0\xff\xff"  # the end of every compressed message, and left out (RFC 7692, 7.2.1)


class Form(IntEnum):
    """How a connection's frames travel."""

    JSON = 0
    JSON_DEFLATE = 1
    MSGPACK = 2
    MSGPACK_DEFLATE = 3

    @property
    def encoding(self) -> Encoding:
        return MSGPACK if self >= Form.MSGPACK else JSON

    @property
    def deflates(self) -> bool:
        return self in {Form.JSON_DEFLATE, Form.MSGPACK_DEFLATE}


def form_of(encoding: Encoding, *, deflates: bool) -> Form:
    """The form of a connection that speaks `encoding`."""
    if encoding is MSGPACK:
        return Form.MSGPACK_DEFLATE if deflates else Form.MSGPACK
    return Form.JSON_DEFLATE if deflates else Form.JSON


def message(frame: bytes, form: Form) -> bytes:
    """A frame, in the form's encoding already, as one unmasked WebSocket message; compressed where that pays."""
    first = _TEXT if form.encoding is JSON else _BINARY
    if form.deflates and len(frame) >= conf().DEFLATE_FROM_BYTES:
        compressed = deflated(frame)
        if len(compressed) < len(frame):
            return framed(first | _RSV1, compressed)
    return framed(first, frame)


def shared_message(item: Item, form: Form) -> bytes:
    """The item's event as one WebSocket message, made once."""
    made = item.made.get(form)
    if made is None:
        frame = item.frame if form.encoding is JSON else packed(item)
        made = item.made[form] = message(frame, form)
    return made


def packed(item: Item) -> bytes:
    """The item's event in MessagePack, made once."""
    frame = item.made.get(_PACKED)
    if frame is None:
        frame = item.made[_PACKED] = repack(item.frame)
    return frame


def packed_bodies(items: Sequence[Item], topic: str) -> Packed:
    """`Item.body` of all items, as one list in MessagePack: what a reply tells of the missed."""
    return Packed(packed_list([packed_event_body(packed(item), topic, item.prev) for item in items]))


def deflated(data: bytes) -> bytes:
    """Compressed on its own, as the payload of one message (RFC 7692, 7.2.1)."""
    deflate = zlib.compressobj(DEFLATE_LEVEL, zlib.DEFLATED, -DEFLATE_WINDOW_BITS)
    return (deflate.compress(data) + deflate.flush(zlib.Z_SYNC_FLUSH)).removesuffix(_FLUSHED)


def framed(first: int, payload: bytes) -> bytes:
    """`payload` as one unmasked frame that begins with the byte `first` (RFC 6455, 5.2)."""
    size = len(payload)
    if size < 126:
        return bytes((first, size)) + payload
    if size < 65_536:
        return bytes((first, 126)) + size.to_bytes(2, "big") + payload
    return bytes((first, 127)) + size.to_bytes(8, "big") + payload
