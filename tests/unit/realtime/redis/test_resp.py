"""RESP2 in pieces of any size, well-formed and not."""

from __future__ import annotations

import itertools
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.redis.resp import BULK_BYTES_MAX, DEPTH_MAX, LINE_BYTES_MAX, Parser, ProtocolError, ReplyError, pack


def wire(reply: Any) -> bytes:
    """A reply as Redis sends it. Statuses are given as str, since both they and bulk strings are read as bytes."""
    if reply is None:
        return b"$-1\r\n"
    if isinstance(reply, str):
        return b"+" + reply.encode() + b"\r\n"
    if isinstance(reply, int):
        return b":%d\r\n" % reply
    if isinstance(reply, bytes):
        return b"$%d\r\n%b\r\n" % (len(reply), reply)
    if isinstance(reply, ReplyError):
        return b"-%b\r\n" % str(reply).encode()
    return b"*%d\r\n%b" % (len(reply), b"".join(map(wire, reply)))


def plain(reply: Any) -> Any:
    """Comparable: errors are equal by their text, and a status is the bytes it is read as."""
    if isinstance(reply, list):
        return [plain(item) for item in reply]
    if isinstance(reply, ReplyError):
        return ("error", str(reply))
    return reply.encode() if isinstance(reply, str) else reply


def read(*pieces: bytes) -> list[Any]:
    parser = Parser()
    return [plain(reply) for piece in pieces for reply in parser.feed(piece)]


MESSAGE = [b"message", b"chorus__group__a", b"\x00\r\n$5\r\n*3\r\n"]
EXAMPLES = [
    "OK",
    "",
    0,
    -7,
    2**62,
    None,
    b"",
    b"\r\n",
    ReplyError("NOAUTH Authentication required."),
    ReplyError(""),
    [],
    MESSAGE,
    [b"message", b"", b""],
    [b"subscribe", b"chorus__group__a", 1],
    [b"pong", b""],
    [[1, [b"two", None, []]], ReplyError("ERR inside"), "end"],
    [b"message", 1, 2],
    [b"message", None, b"x"],
    b"x" * 300,
]

line = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20)
simple = st.none() | st.integers(-(2**63), 2**63 - 1) | st.binary(max_size=60) | line | line.map(ReplyError)
replies = st.recursive(simple, lambda inner: st.lists(inner, max_size=4), max_leaves=12)
messages = st.tuples(st.just(b"message"), st.binary(max_size=30), st.binary(max_size=60)).map(list)


@pytest.mark.parametrize("reply", EXAMPLES, ids=repr)
def test_a_reply_is_read_the_same_however_it_is_cut(reply):
    data = wire(reply)
    for cut in range(len(data) + 1):
        assert read(data[:cut], data[cut:]) == [plain(reply)]
    assert read(*[bytes([byte]) for byte in data]) == [plain(reply)]


def test_all_of_one_read_is_given_at_once_and_the_rest_waits_for_the_next():
    data = b"".join(map(wire, EXAMPLES))
    for cut in range(len(data) + 1):
        assert read(data[:cut], data[cut:]) == [plain(reply) for reply in EXAMPLES]


def test_an_array_that_is_none_is_none():
    assert read(b"*-1\r\n:1\r\n") == [None, 1]


@given(st.lists(replies | messages, max_size=6), st.data())
def test_what_is_written_is_read_at_any_cuts(written, data):
    whole = b"".join(map(wire, written))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    pieces = [whole[start:stop] for start, stop in itertools.pairwise([0, *cuts, len(whole)])]
    assert read(*pieces) == [plain(reply) for reply in written]


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=5))
def test_a_command_is_an_array_of_its_words(words):
    assert read(pack(*words)) == [words]


def test_a_huge_string_in_many_reads_is_joined_once():
    parser = Parser()
    size = 64 * 1024 * 1024
    piece = b"x" * 65_536
    start = time.process_time()
    assert parser.feed(b"*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$%d\r\n" % size) == []
    for _ in range(size // len(piece)):
        assert parser.feed(piece) == []
    (reply,) = parser.feed(b"\r\n:1")
    assert isinstance(reply, list)
    assert len(reply[2]) == size  # type: ignore[arg-type]
    assert parser.feed(b"\r\n") == [1]
    # Joined at every read, it would have been copied a thousand times.
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        b"\r\n",
        b":one\r\n",
        b"$x\r\n",
        b"*\r\n",
        b"$3\r\nabcde\r\n",
        b"$%d\r\n" % (BULK_BYTES_MAX + 1),
        b"+" + b"x" * (LINE_BYTES_MAX + 1),
        b"*1\r\n" * (DEPTH_MAX + 1) + b":1\r\n",
        b"*3\r\n$7\r\nmessage\r\n$x\r\n\r\n$1\r\na\r\n",
        b"*3\r\n$7\r\nmessage\r\n$1\r\nab\r\n$1\r\na\r\n",
        b"*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nab\r\n",
    ],
)
def test_what_is_no_resp_is_refused(data):
    with pytest.raises(ProtocolError):
        Parser().feed(data)
