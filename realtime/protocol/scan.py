"""Whether bytes are one MessagePack value that JSON could have said as well.

A frame means the same in both encodings, so that a handler need not know which one it came in: no binary, no
extension types, no keys but strings, no NaN, and no deeper than JSON may nest. The typed decoder would let some
of that pass where a frame's data is not typed. Linear and without recursion. Page: docs/reference/protocol.md.
"""

import re
import struct
from math import isfinite
from typing import Final

import msgspec

from realtime.protocol.errors import BadFrame, Invalid, RealtimeError
from realtime.protocol.frames import FrameId
from realtime.protocol.refusal import DEPTH_MAX, identified, quote

__all__ = ["not_json_like"]

# Values of one byte each: small integers, nil, booleans, empty strings; above the last level empty containers, too.
# In an array a run of them is passed in one step.
_RUN: Final = re.compile(rb"[\x00-\x7f\x80\x90\xa0\xc0\xc2\xc3\xe0-\xff]+")
_RUN_AT_THE_BOTTOM: Final = re.compile(rb"[\x00-\x7f\xa0\xc0\xc2\xc3\xe0-\xff]+")

_SCALAR, _STRING, _ARRAY, _MAP, _FLOAT, _BINARY, _EXTENSION = range(7)
# From 0xC0 to 0xDF: what begins so, how many bytes say its length, and its length where there are none.
_HEADS: Final[dict[int, tuple[int, int, int]]] = {
    **dict.fromkeys((0xC0, 0xC2, 0xC3), (_SCALAR, 0, 0)),
    **{0xC4 + n: (_BINARY, 1 << n, 0) for n in range(3)},
    **{0xC7 + n: (_EXTENSION, 1 << n, 0) for n in range(3)},
    **{0xCA + n: (_FLOAT, 0, 4 << n) for n in range(2)},
    **{0xCC + n: (_SCALAR, 0, 1 << n) for n in range(4)},
    **{0xD0 + n: (_SCALAR, 0, 1 << n) for n in range(4)},
    **{0xD4 + n: (_EXTENSION, 0, 1 << n) for n in range(5)},
    **{0xD9 + n: (_STRING, 1 << n, 0) for n in range(3)},
    **{0xDC + n: (_ARRAY, 2 << n, 0) for n in range(2)},
    **{0xDE + n: (_MAP, 2 << n, 0) for n in range(2)},
}
_FLOATS: Final = {4: struct.Struct(">f"), 8: struct.Struct(">d")}
_NO_PLACE: Final = {
    _BINARY: "binary has no place in a frame",
    _EXTENSION: "extension types have no place in a frame",
}

_ids: msgspec.msgpack.Decoder[int] = msgspec.msgpack.Decoder(FrameId)

# An open array or map: the values still to come (of a map the keys, too), whether it is a map, how many there were,
# and where its last key stands.
_Level = tuple[int, bool, int, slice]
_NOWHERE: Final = slice(0)


def not_json_like(raw: bytes) -> RealtimeError | None:
    """The error for a frame that is no MessagePack or holds what JSON has no word for; None for all others."""
    scan = _Scan(raw)
    try:
        scan.run()
    except _MalformedError as error:
        return BadFrame(f"The frame is not MessagePack: {error}.")
    return None if scan.fault is None else identified(scan.fault, scan.id())


class _MalformedError(Exception):
    pass


class _Scan:
    """One pass. `fault` is the first thing that JSON has no word for."""

    __slots__ = ("_id_at", "_levels", "_raw", "fault")

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._levels: list[_Level] = []
        self._id_at = _NOWHERE
        self.fault: RealtimeError | None = None

    def run(self) -> None:  # noqa: PLR0912 - see below
        """Raises _MalformedError.

        One long loop over local names: a frame of small arrays is 64 Ki steps, and each has to cost as little as
        a bracket of JSON does.
        """
        raw, levels, end = self._raw, self._levels, len(self._raw)
        at, left, is_map, count, key = 0, 1, False, 1, _NOWHERE
        while True:
            while not left:
                if not levels:
                    if at != end:
                        raise _MalformedError("something follows the value")
                    return
                left, is_map, count, key = levels.pop()
            if at >= end:
                raise _MalformedError("it is cut short")
            head, start = raw[at], at
            at, left = at + 1, left - 1
            if head < 0x80 or head >= 0xE0:
                kind = size = 0
            elif head < 0xA0:
                kind, size = (_MAP, head - 0x80) if head < 0x90 else (_ARRAY, head - 0x90)
            elif head < 0xC0:
                kind, size = _STRING, head - 0xA0
            else:
                kind, at, size = self._head(head, at)
            if is_map and left & 1:
                key = slice(at, at + size) if kind is _STRING else _NOWHERE
                if kind is not _STRING:
                    self._blame(BadFrame, "a key that is no string", (left, is_map, count, key), of_key=True)
            elif is_map and len(levels) == 1 and raw[key] == b"id":
                self._id_at = slice(start, at + size)  # the last of two counts, as it does for the typed decoder
            if kind is _MAP or kind is _ARRAY:
                levels.append((left, is_map, count, key))
                left, is_map, count, key = size << (kind is _MAP), kind is _MAP, size, _NOWHERE
                if len(levels) > DEPTH_MAX and self.fault is None:
                    self.fault = BadFrame(f"The frame nests deeper than {DEPTH_MAX} levels.")
            else:
                body = raw[at : at + size]
                at += size
                if at > end:
                    raise _MalformedError("it is cut short")
                if kind >= _FLOAT or (kind is _STRING and not body.isascii()):
                    self._judge(kind, body, (left, is_map, count, key))
            if left and not is_map and (run := self._run(at, left)):
                at, left = at + run, left - run

    def id(self) -> int | None:
        """The frame's id, if it is a valid one."""
        try:
            return _ids.decode(self._raw[self._id_at])
        except (msgspec.DecodeError, UnicodeError):
            return None

    def _run(self, at: int, most: int) -> int:
        plain = _RUN if len(self._levels) < DEPTH_MAX else _RUN_AT_THE_BOTTOM
        run = plain.match(self._raw, at, at + most)
        return 0 if run is None else run.end() - at

    def _head(self, head: int, at: int) -> tuple[int, int, int]:
        """What comes, where it begins, and its length: in bytes, in items or in pairs."""
        if head not in _HEADS:
            raise _MalformedError(f"nothing begins with the byte {head:#x}")
        kind, width, size = _HEADS[head]
        if width:
            size = int.from_bytes(self._raw[at : at + width], "big")
        # An extension's type is one more byte.
        return kind, at + width, size + (kind is _EXTENSION)

    def _judge(self, kind: int, body: bytes, level: _Level) -> None:
        if kind is _FLOAT:
            if not isfinite(_FLOATS[len(body)].unpack(body)[0]):
                self._blame(BadFrame, "not a finite number", level)
        elif kind is not _STRING:
            self._blame(BadFrame, _NO_PLACE[kind], level)
        elif _text(body) is None:
            of_key = level[1] and bool(level[0] & 1)
            try:
                body.decode("utf-8", "surrogatepass")
            except UnicodeDecodeError:
                self._blame(BadFrame, "not UTF-8", level, of_key=of_key)
            else:
                self._blame(Invalid, "a lone surrogate is not a character", level, of_key=of_key)

    def _blame(self, kind: type[RealtimeError], what: str, level: _Level, *, of_key: bool = False) -> None:
        if self.fault is None:
            field = self._path(level, of_key=of_key).removeprefix("data.") or None
            self.fault = kind(f"{quote(field)}: {what}" if field else what, field=field)

    def _path(self, level: _Level, *, of_key: bool) -> str:
        """Where the value at hand stands, or the map whose key is at hand."""
        path = ""
        for left, is_map, count, key in (*self._levels[1:], *(() if of_key else (level,))):
            if not is_map:
                path += f"[{count - left - 1}]"
            else:
                name = _text(self._raw[key]) or ""
                path = f"{path}.{name}" if path else name
        return path


def _text(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
