"""The frames in MessagePack: the same ops, fields and errors as in JSON, in fewer bytes.

What the server says is made from its JSON, so that there is one source of what a value looks like: an event is
encoded once, kept and carried between processes as JSON, and only then, if somebody here speaks MessagePack,
said in it. Page: docs/reference/protocol.md, "MessagePack".
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Raw

from realtime.protocol.errors import BadFrame, RealtimeError, UnknownOp
from realtime.protocol.frames import ClientFrame, FrameId, Reply, ServerFrame, encode
from realtime.protocol.refusal import FrameHead, HeadReaders, bad_data, bad_frame, too_large
from realtime.protocol.scan import not_json_like

__all__ = [
    "Packed",
    "decode_packed",
    "decode_packed_data",
    "decode_packed_server",
    "encode_packed",
    "packed_event_body",
    "packed_list",
    "repack",
]

T = TypeVar("T")

_REFUSALS: Final = (msgspec.DecodeError, UnicodeError, RecursionError)
# A reply's `data`, in it `snapshot`, in that the parts that everybody is shown.
_SHARED_WITHIN: Final = 2
# Of the shared parts told last, so many are kept in MessagePack as well: a crowd asks for the same few.
_SHARED_MAX: Final = 16
_SHARED_FROM_BYTES: Final = 1_024

_encoder = msgspec.msgpack.Encoder()
_client_frames: msgspec.msgpack.Decoder[ClientFrame] = msgspec.msgpack.Decoder(ClientFrame)
_server_frames: msgspec.msgpack.Decoder[ServerFrame] = msgspec.msgpack.Decoder(ServerFrame)
_ids: msgspec.msgpack.Decoder[int] = msgspec.msgpack.Decoder(FrameId)
_data: dict[Any, msgspec.msgpack.Decoder[Any]] = {}
_OP_OF_EVENT: Final = _encoder.encode("op") + _encoder.encode("event")
_shared: OrderedDict[int, tuple[Raw, Raw]] = OrderedDict()


class Packed:
    """A part of a reply that is MessagePack already, among parts that are not."""

    __slots__ = ("raw",)

    def __init__(self, raw: bytes) -> None:
        self.raw = raw


def decode_packed(raw: bytes, *, frame_bytes: int) -> ClientFrame:
    """The frame a client sent as MessagePack. Raises as `decode` does."""
    if len(raw) > frame_bytes:
        raise too_large(raw, frame_bytes, _READERS)
    if (refusal := not_json_like(raw)) is not None:
        raise refusal
    try:
        return _client_frames.decode(raw)
    except _REFUSALS as error:
        raise bad_frame(raw, error, readers=_READERS) from error


def decode_packed_data(raw: Raw | bytes, shape: type[T]) -> T:
    """The `data` of a `send` as `shape`. Raises Invalid, naming the field."""
    try:
        decoder = _data.get(shape) or _data.setdefault(shape, msgspec.msgpack.Decoder(shape))
        value: T = decoder.decode(raw)
    except _REFUSALS as error:
        raise bad_data(error) from error
    return value


def decode_packed_server(raw: bytes) -> ServerFrame:
    """The frame a server sent as MessagePack. Raises as `decode_server` does."""
    try:
        return _server_frames.decode(raw)
    except _REFUSALS as error:
        refusal = bad_frame(raw, error, to_server=False, readers=_READERS)
        raise (refusal if isinstance(refusal, UnknownOp) else BadFrame(refusal.message)) from error


def encode_packed(frame: ClientFrame | ServerFrame) -> bytes:
    """The frame as MessagePack. Parts of it that are raw are JSON, or `Packed` in a reply's data."""
    if type(frame) is Reply and type(frame.data) is dict:
        return _encoder.encode(Reply(frame.id, _in_parts(frame.data, _SHARED_WITHIN)))
    return repack(encode(frame))


def repack(json: bytes | Raw) -> bytes:
    """A value in JSON as the same value in MessagePack."""
    value = msgspec.json.decode(json)
    try:
        return _encoder.encode(value)
    except OverflowError:
        return _encoder.encode(_within_64_bits(value))


def packed_event_body(frame: bytes, topic: str, prev: int | None) -> bytes:
    """An `event` frame cut down to `{event, data, seq}`: `op` and `topic` stand first, `prev` last."""
    start = 1 + len(_OP_OF_EVENT) + len(_encoder.encode("topic")) + len(_encoder.encode(topic))
    end = len(frame) if prev is None else -len(_encoder.encode("prev") + _encoder.encode(prev))
    return bytes((frame[0] - (2 if prev is None else 3),)) + frame[start:end]


def packed_list(values: Sequence[bytes]) -> bytes:
    """Values that are MessagePack, as one list."""
    size = len(values)
    head = bytes((0x90 | size,)) if size < 16 else b"\xdc" + size.to_bytes(2, "big")
    return head + b"".join(values)


def _in_parts(value: Any, levels: int) -> Any:
    """`value` with everything in it that is not plain made from its JSON; large raw parts only once."""
    if value is None or type(value) is bool or (type(value) is str and value.isascii()):
        return value
    if type(value) is int and -(2**63) <= value < 2**64:
        return value
    if type(value) is Packed:
        return Raw(value.raw)
    if type(value) is Raw:
        return _repack_shared(value)
    if levels >= 0 and type(value) is dict and all(type(key) is str and key.isascii() for key in value):
        return {key: _in_parts(item, levels - 1) for key, item in value.items()}
    return Raw(repack(encode(value)))


def _repack_shared(json: Raw) -> Raw:
    """By identity: the snapshots of one moment share their parts (chat/consumers/gathered.py)."""
    if len(memoryview(json)) < _SHARED_FROM_BYTES:
        return Raw(repack(json))
    known = _shared.get(id(json))
    if known is None:
        # The part is kept with its form, so no other can come to have its id.
        known = _shared[id(json)] = (json, Raw(repack(json)))
        if len(_shared) > _SHARED_MAX:
            _shared.popitem(last=False)
    return known[1]


def _within_64_bits(value: Any) -> Any:
    """JSON has integers of any size. What reads them as doubles, as browsers do, sees these."""
    if type(value) is int:
        return value if -(2**63) <= value < 2**64 else float(str(value))
    if type(value) is list:
        return [_within_64_bits(item) for item in value]
    if type(value) is dict:
        return {name: _within_64_bits(item) for name, item in value.items()}
    return value


def _malformed(_raw: bytes, cause: Exception) -> RealtimeError:
    return BadFrame(f"The frame is not MessagePack: {str(cause).removeprefix('MessagePack data is malformed: ')}.")


_READERS: Final = HeadReaders(
    msgspec.msgpack.Decoder(FrameHead).decode,
    _ids.decode,
    msgspec.msgpack.Decoder(str).decode,
    _malformed,
    "A frame is a map.",
)
