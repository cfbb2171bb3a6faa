"""The frames of RFC 6455 that a client writes and reads, as bytes.

A client has to mask its frames (5.3). With a masking key of zeros masking changes nothing, so a frame can be made once
and have digits written into it. Servers take it as any other; ws skips the unmasking, which for the few messages that
come in, against the many that go out, is next to nothing.
"""

from __future__ import annotations

import zlib
from enum import IntEnum

__all__ = ["Opcode", "client_frame", "inflated", "take_frame"]

FIN = 0x80
MASKED = 0x80
COMPRESSED = 0x40
ZERO_KEY = bytes(4)


class Opcode(IntEnum):
    """RFC 6455, 5.2."""

    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


def client_frame(payload: bytes, opcode: Opcode = Opcode.TEXT) -> bytes:
    """Give a complete masked frame whose payload stands in it as it is. Its length is written as short as it goes."""
    size = len(payload)
    if size < 126:
        head = bytes((FIN | opcode, MASKED | size))
    elif size < 1 << 16:
        head = bytes((FIN | opcode, MASKED | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((FIN | opcode, MASKED | 127)) + size.to_bytes(8, "big")
    return head + ZERO_KEY + payload


def take_frame(buffer: bytearray) -> tuple[Opcode, bytes] | None:
    """Cut the first frame of a server off the buffer, inflated. None, and nothing cut, while it is not all there.

    Raises ValueError for what none of the servers sends on the way in: parts of messages, masked and unknown ones.
    """
    if len(buffer) < 2:
        return None
    first, second = buffer[0], buffer[1]
    if not first & FIN or first & 0x30 or second & MASKED:
        raise ValueError(f"not a whole, plain frame of a server: {bytes(buffer[:2]).hex()}")
    size, start = second, 2
    if second >= 126:
        start = 4 if second == 126 else 10
        # Short of its length, it reads as a smaller one, and the next line still says no.
        size = int.from_bytes(buffer[2:start], "big")
    if len(buffer) < start or len(buffer) < start + size:
        return None
    payload = bytes(buffer[start : start + size])
    del buffer[: start + size]
    return Opcode(first & 0x0F), inflated(payload) if first & COMPRESSED else payload


def inflated(payload: bytes) -> bytes:
    """A message that was compressed on its own (RFC 7692, 7.2.2: without context takeover)."""
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(payload + b"\0\0\xff\xff")
