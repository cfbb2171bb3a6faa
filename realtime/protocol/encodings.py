"""The encodings a connection can be in, each under the name of its subprotocol.

A connection has one from its handshake to its end. JSON travels in text messages, MessagePack in binary ones, and
what comes in the other kind is a bad frame. Page: docs/reference/protocol.md, "Connecting".
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from realtime.protocol.decode import decode, decode_data, decode_server
from realtime.protocol.errors import BadFrame
from realtime.protocol.frames import PONG, ClientFrame, ServerFrame, encode
from realtime.protocol.packed import decode_packed, decode_packed_data, decode_packed_server, encode_packed, repack

__all__ = ["ENCODINGS", "JSON", "MSGPACK", "Encoding", "encoding_of", "negotiated"]


class Encoding(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How frames become messages and back.

    subprotocol: its name in the handshake. carrier: `str` for text messages, `bytes` for binary ones.
    encode: a frame as bytes (of a text message: its UTF-8). decode: what a client sent; decode_data: the `data` of
    its `send`; decode_server: what a server sent. pong: that frame, ready.
    """

    subprotocol: str
    carrier: type[str] | type[bytes]
    encode: Callable[[ClientFrame | ServerFrame], bytes]
    decode: Callable[..., ClientFrame]
    decode_data: Callable[[Any, Any], Any]
    decode_server: Callable[[Any], ServerFrame]
    pong: bytes

    def receive(self, raw: str | bytes, frame_bytes: int) -> ClientFrame:
        """The frame of a message. Raises as `decode` does, and BadFrame for a message of the wrong kind."""
        if not isinstance(raw, self.carrier):
            right, wrong = ("text", "binary") if self.carrier is str else ("binary", "text")
            raise BadFrame(f"Frames of {self.subprotocol} are {right} messages, and this is a {wrong} one.")
        return self.decode(raw, frame_bytes=frame_bytes)


JSON: Final = Encoding(
    subprotocol="chorus.v1.json",
    carrier=str,
    encode=encode,
    decode=decode,
    decode_data=decode_data,
    decode_server=decode_server,
    pong=PONG,
)
MSGPACK: Final = Encoding(
    subprotocol="chorus.v1.msgpack",
    carrier=bytes,
    encode=encode_packed,
    decode=decode_packed,
    decode_data=decode_packed_data,
    decode_server=decode_packed_server,
    pong=repack(PONG),
)
ENCODINGS: Final = {encoding.subprotocol: encoding for encoding in (JSON, MSGPACK)}


def negotiated(offered: Iterable[str]) -> Encoding | None:
    """The first of the names a client offers that is known; None where none is."""
    return next((ENCODINGS[name] for name in offered if name in ENCODINGS), None)


def encoding_of(subprotocol: str | None) -> Encoding:
    """The encoding of a connection with that subprotocol; without one it is JSON."""
    return JSON if subprotocol is None else ENCODINGS.get(subprotocol, JSON)
