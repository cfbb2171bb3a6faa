"""The usual case of reading: what came is one whole text frame, and takes the short way past the library's parser.

A client's request is nearly always one small masked frame that arrives by itself. The library takes it through
three generators and five objects; here it is two comparisons and an unmasking in C. Everything else (parts of frames,
several at once, control frames, errors) is the library's, which has to be between two frames when the short way is
taken: so what it is given is followed, frame by frame. Sans-I/O; what a frame means stands in lane.py.
"""

from __future__ import annotations

try:
    from websockets.speedups import apply_mask
except ImportError:  # the library without its extension in C
    from websockets.utils import apply_mask

__all__ = ["follow", "whole_text"]

TEXT = 0x81  # the last or only frame of a message, and text (RFC 6455, 5.2)
MASKED = 0x80


def whole_text(data: bytes) -> bytes | None:
    """The payload, if `data` is one whole masked text frame of at most 65,535 bytes and nothing else."""
    size = len(data)
    if size < 6 or data[0] != TEXT:
        return None
    length = data[1] - MASKED
    if 0 <= length < 126:
        return apply_mask(data[6:], data[2:6]) if size == length + 6 else None
    if length != 126 or size < 8 or size != (data[2] << 8 | data[3]) + 8:
        return None
    return apply_mask(data[8:], data[4:8])


def follow(missing: int | None, data: bytes) -> int | None:
    """How many bytes of a frame are missing after `data`, where `missing` were before: 0 is between two frames.

    None, for good, where `data` ends within a frame's head: where that frame ends is not known to us then.
    """
    if missing is None:
        return None
    at, size = missing, len(data)
    while at < size:
        length, head = (data[at + 1] & 0x7F if at + 1 < size else 0), 2
        if length >= 126:
            head = 4 if length == 126 else 10
            length = int.from_bytes(data[at + 2 : at + head], "big")
        if at + head > size:
            return None
        at += head + length + (4 if data[at + 1] & MASKED else 0)
    return at - size
