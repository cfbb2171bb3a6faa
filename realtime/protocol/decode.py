"""From bytes to typed frames.

One pass of a typed decoder is all a good frame costs. Only a frame it refuses is looked at a second
time (refusal.py), to say exactly what is wrong and to whose request. Whatever comes in, nothing
leaves here but a frame or a RealtimeError. Page: docs/reference/protocol.md.
"""

from typing import Any, Final, TypeVar

import msgspec

from realtime.protocol.errors import BadFrame, UnknownOp
from realtime.protocol.frames import ClientFrame, ServerFrame
from realtime.protocol.refusal import (
    DEPTH_MAX,
    bad_data,
    bad_frame,
    nests_too_deep,
    not_utf8,
    too_deep,
    too_large,
)

__all__ = ["decode", "decode_data", "decode_server"]

T = TypeVar("T")

# What msgspec raises on hostile input. RecursionError: deep nesting, where the stack is short
# already. UnicodeError: broken UTF-8, which it reports as such and not as a DecodeError.
_REFUSALS: Final = (msgspec.DecodeError, UnicodeError, RecursionError)

_client_frames: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)
_server_frames: msgspec.json.Decoder[ServerFrame] = msgspec.json.Decoder(ServerFrame)
# One decoder per type, made at first use. Types come from handlers' annotations, so they are few.
_data: dict[Any, msgspec.json.Decoder[Any]] = {}


def decode(raw: str | bytes, *, frame_bytes: int) -> ClientFrame:
    """The frame a client sent, as text or as a binary frame of the same UTF-8 JSON.

    Raises BadFrame (not JSON, not an object, wrong shape), UnknownOp, Invalid (right type, value out
    of bounds) or TooLarge. The error carries `id` where the JSON had a valid one.
    """
    if _size(raw, frame_bytes) > frame_bytes:
        raise too_large(raw, frame_bytes)
    try:
        text = raw if isinstance(raw, str) else str(raw, "utf-8")
    except UnicodeDecodeError as error:
        raise not_utf8() from error
    # Brackets inside strings count here too: the exact look is taken only where there are many.
    if text.count("[") + text.count("{") > DEPTH_MAX and nests_too_deep(text):
        raise too_deep(text)
    try:
        return _client_frames.decode(text)
    except _REFUSALS as error:
        raise bad_frame(text, error) from error


def decode_data(raw: msgspec.Raw | bytes, shape: type[T]) -> T:
    """The `data` of a `send` as `shape` (any type msgspec knows). Raises Invalid, naming the field."""
    try:
        decoder = _data.get(shape) or _data.setdefault(shape, msgspec.json.Decoder(shape))
        value: T = decoder.decode(raw)
    except _REFUSALS as error:
        raise bad_data(error) from error
    return value


def decode_server(raw: str | bytes) -> ServerFrame:
    """The frame a server sent. Unknown fields are ignored.

    Raises UnknownOp for an op this version does not know (a client skips it), BadFrame otherwise.
    """
    try:
        return _server_frames.decode(raw)
    except _REFUSALS as error:
        refusal = bad_frame(raw, error, to_server=False)
        raise (refusal if isinstance(refusal, UnknownOp) else BadFrame(refusal.message)) from error


def _size(raw: str | bytes, limit: int) -> int:
    """The frame's bytes on the wire, or any number below `limit` that is quicker to have."""
    length = len(raw)
    if isinstance(raw, bytes) or length * 4 <= limit or raw.isascii():
        return length
    return len(raw.encode("utf-8", "surrogatepass"))
