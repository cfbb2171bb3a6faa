"""RESP2, the language of Redis, without I/O: bytes in, replies out, and commands packed.

Knows neither sockets nor what a command means. The parser takes whatever one read brought, however it was cut,
and gives every reply that is whole. Specified at https://redis.io/docs/latest/develop/reference/protocol-spec/.

    Exception
    ├── ReplyError       Redis answered `-ERR ...`; given as a reply, never raised here
    └── ProtocolError    what came is no RESP2; the connection cannot be used any more
"""

from __future__ import annotations

from typing import Final, TypeAlias

__all__ = ["Parser", "ProtocolError", "Reply", "ReplyError", "pack"]


class ReplyError(Exception):
    """What Redis answers to a command it does not do. `str()` is its text, beginning with a code (`NOAUTH`)."""


class ProtocolError(Exception):
    """The other side does not speak RESP2, or one of us is out of step."""


# Statuses and bulk strings are bytes, nil is None. A list holds replies; so precise, the alias would be recursive.
Reply: TypeAlias = "bytes | int | ReplyError | list[Reply] | None"

CRLF: Final = b"\r\n"
STATUS, ERROR, INTEGER, BULK, ARRAY = b"+-:$*"
# How a message of pub/sub begins. Nearly all that comes looks like this, so it has a way of its own.
MESSAGE: Final = b"*3\r\n$7\r\nmessage\r\n$"
# A line is a number or a sentence. Without an end after so much it is something else than Redis.
LINE_BYTES_MAX: Final = 65_536
# What Redis itself allows (proto-max-bulk-len).
BULK_BYTES_MAX: Final = 512 * 1024 * 1024
DEPTH_MAX: Final = 16


class _Incomplete(Exception):  # noqa: N818 - no error: the rest is still to come
    """A reply goes on past what is there. need: so many bytes there have to be before it is worth looking."""

    def __init__(self, need: int) -> None:
        self.need = need


class Parser:
    """Takes bytes as they come. After ProtocolError it has to be thrown away."""

    __slots__ = ("_have", "_need", "_parts")

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._have = 0
        self._need = 1

    def feed(self, data: bytes) -> list[Reply]:
        """Every reply that is whole now. Raises ProtocolError.

        A long bulk string that comes in many reads is joined once, at its end.
        """
        self._parts.append(data)
        self._have += len(data)
        if self._have < self._need:
            return []
        whole = data if len(self._parts) == 1 else b"".join(self._parts)
        replies: list[Reply] = []
        at, self._need = _read_all(whole, replies)
        self._parts = [whole[at:]] if at < len(whole) else []
        self._have = len(whole) - at
        self._need -= at
        return replies


def pack(*words: bytes) -> bytes:
    """One command as it is sent."""
    return b"*%d\r\n%b" % (len(words), b"".join([b"$%d\r\n%b\r\n" % (len(word), word) for word in words]))


def _read_all(data: bytes, replies: list[Reply]) -> tuple[int, int]:
    """Append what is whole; where the rest begins, and how long `data` has to be to go on."""
    at, end = 0, len(data)
    try:
        while at < end:
            if data.startswith(MESSAGE, at) and (stop := _read_message(data, at, replies)):
                at = stop
                continue
            reply, at = _read(data, at, 0)
            replies.append(reply)
    except _Incomplete as incomplete:
        return at, incomplete.need
    except ValueError as error:
        raise ProtocolError(f"A length or a number is none: {error}") from error
    return at, end + 1


def _read_message(data: bytes, at: int, replies: list[Reply]) -> int:
    """The same as `_read` for a message of pub/sub, in a third of the time. 0: not whole, or not like the others."""
    start = at + len(MESSAGE)
    line = data.find(CRLF, start)
    if line < 0:
        return 0
    name = line + 2
    name_end = name + int(data[start:line])
    line = data.find(CRLF, name_end + 3)
    if line < 0 or not data.startswith(b"\r\n$", name_end):
        return 0
    body = line + 2
    body_end = body + int(data[name_end + 3 : line])
    if not data.startswith(CRLF, body_end) or body_end < body:
        return 0
    replies.append([b"message", data[name:name_end], data[body:body_end]])
    return body_end + 2


def _read(data: bytes, at: int, depth: int) -> tuple[Reply, int]:
    line = data.find(CRLF, at)
    if line < 0:
        if len(data) - at > LINE_BYTES_MAX:
            raise ProtocolError("A line has no end")
        raise _Incomplete(len(data) + 1)
    kind, rest, at = data[at], data[at + 1 : line], line + 2
    if kind == INTEGER:
        return int(rest), at
    if kind == BULK:
        return _read_bulk(data, at, int(rest))
    if kind == ARRAY:
        return _read_array(data, at, int(rest), depth)
    if kind == STATUS:
        return rest, at
    if kind == ERROR:
        return ReplyError(rest.decode(errors="replace")), at
    raise ProtocolError(f"A reply begins with {chr(kind)!r}")


def _read_bulk(data: bytes, at: int, size: int) -> tuple[Reply, int]:
    if size < 0:
        return None, at
    if size > BULK_BYTES_MAX:
        raise ProtocolError(f"A string of {size} bytes is announced")
    stop = at + size
    if stop + 2 > len(data):
        raise _Incomplete(stop + 2)
    if not data.startswith(CRLF, stop):
        raise ProtocolError("A string is longer than it said")
    return data[at:stop], stop + 2


def _read_array(data: bytes, at: int, count: int, depth: int) -> tuple[Reply, int]:
    if count < 0:
        return None, at
    if depth >= DEPTH_MAX:
        raise ProtocolError("Arrays in arrays without an end")
    items: list[Reply] = []
    for _ in range(count):
        item, at = _read(data, at, depth + 1)
        items.append(item)
    return items, at
