"""RFC 6455, frames and messages on `serve`, byte by byte: what strict test suites send (Autobahn's 1 to 6, and more).

What is not as strict as it could be: docs/decisions/0021-how-strict-websockets-are.md.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import pytest

from tests.integration.realtime.lanes import (
    BINARY,
    CLOSE,
    CONT,
    PING,
    PONG,
    TEXT,
    Lanes,
    RawSocket,
    closing,
    frame,
    open_lanes,
)

LIMIT = 1_048_576
SAY, COUNT = b"say ", b"count "
PROTOCOL_ERROR, NOT_UTF8, TOO_BIG = 1002, 1007, 1009
OCTETS = 1
KOSME = "κόσμε".encode()


@pytest.fixture(scope="module")
def lanes() -> Iterator[Lanes]:
    with open_lanes() as lanes:
        yield lanes


@pytest.fixture
def raw(lanes) -> Iterator[RawSocket]:
    with contextlib.closing(RawSocket(lanes).greeted()) as client:
        yield client


def put_chopped(raw: RawSocket, data: bytes, size: int, pause_s: float = 0.0) -> None:
    """In pieces, each a write of its own."""
    for start in range(0, len(data), size):
        raw.put(data[start : start + size])
        time.sleep(pause_s)


# --- whole messages (1) ---------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 121, 122, 123, 65_531, 65_532, LIMIT - 4])
@pytest.mark.parametrize("chop", [None, 997])
def test_a_text_of_any_size_arrives_whole(raw, size, chop):
    data = frame(TEXT, SAY + b"x" * size)
    put_chopped(raw, data, chop or len(data))
    assert raw.next() == (TEXT, b"x" * size)
    assert raw.lives()


@pytest.mark.parametrize("size", [0, 125, 126, 127, 128, 65_535, 65_536, LIMIT])
def test_a_binary_message_of_any_size_arrives_whole(raw, size):
    payload = bytes(range(256)) * (size // 256 + 1)
    raw.send(BINARY, payload[:size])
    assert raw.next() == (TEXT, b"binary " + payload[:size])
    assert raw.lives()


@pytest.mark.parametrize("length_bytes", [2, 8])
@pytest.mark.parametrize(("opcode", "answer"), [(TEXT, (TEXT, b"hi")), (PING, (PONG, b"say hi"))])
def test_a_length_in_more_bytes_than_it_needs_is_read_as_it_stands(raw, length_bytes, opcode, answer):
    raw.send(opcode, b"say hi", length_bytes=length_bytes)
    assert raw.next() == answer


@pytest.mark.parametrize(
    "parts",
    [[LIMIT + 1], [LIMIT, 1], [600_000, 0, 600_000], [1, LIMIT], [10] * 3 + [LIMIT - 29]],
    ids=lambda parts: "+".join(map(str, parts)),
)
def test_a_message_over_the_limit_closes_with_1009_which_the_sender_gets_to_see(raw, parts):
    for number, size in enumerate(parts):
        raw.send(CONT if number else TEXT, b"x" * size, fin=number == len(parts) - 1)
    assert raw.ended() == TOO_BIG


def test_a_message_of_eight_times_the_limit_is_not_kept_and_its_sender_sees_1009(raw):
    raw.put(frame(TEXT, b"x" * 8 * LIMIT))
    assert raw.ended() == TOO_BIG


@pytest.mark.parametrize("top", [0x80, 0x7F, 0xFF])
def test_a_length_no_message_can_have_is_refused_by_its_head(raw, top):
    raw.put(bytes([0x81, 0xFF, top]) + b"\0" * 7)
    assert raw.ended() == TOO_BIG


# --- pings and pongs (2) --------------------------------------------------------------------------


@pytest.mark.parametrize("payload", [b"", b"hello", bytes(range(256))[131:], b"\xff\xfe\0", b"p" * 125])
@pytest.mark.parametrize("chop", [None, OCTETS])
def test_a_ping_is_answered_with_what_it_carries(raw, payload, chop):
    data = frame(PING, payload)
    put_chopped(raw, data, chop or len(data), 0.001)
    assert raw.next() == (PONG, payload)
    assert raw.lives()


def test_pings_in_a_row_are_answered_in_their_order(raw):
    payloads = [b"ping %d" % number for number in range(1_000)]
    raw.put(b"".join(frame(PING, payload) for payload in payloads))
    assert [raw.next() for _ in payloads] == [(PONG, payload) for payload in payloads]
    assert raw.lives()


def test_pongs_that_nobody_asked_for_are_not_answered(raw):
    raw.put(frame(PONG) + frame(PONG, b"unsolicited") + frame(PING, b"after") + frame(PONG, b"p" * 125))
    assert raw.next() == (PONG, b"after")
    assert raw.lives()


# --- frames that cannot be (2 to 5) -----------------------------------------------------------------

REFUSED = {
    "a ping of 126": frame(PING, b"p" * 126),
    "a pong of 126": frame(PONG, b"p" * 126),
    "a ping in fragments": frame(PING, b"frag", fin=False) + frame(CONT, b"ment"),
    "a pong in fragments": frame(PONG, b"frag", fin=False) + frame(CONT, b"ment"),
    "a close in fragments": frame(CLOSE, b"\x03", fin=False) + frame(CONT, b"\xe8"),
    "text without a mask": frame(TEXT, b"say hi", masked=False),
    "a ping without a mask": frame(PING, b"hi", masked=False),
    "half a megabyte behind no mask": frame(TEXT, b"x" * 500_000, masked=False),
    "nothing to continue": frame(CONT, b"say hi"),
    "nothing to continue, not final": frame(CONT, b"say hi", fin=False),
    "nothing and no payload": frame(CONT),
    "text within a text": frame(TEXT, b"say ", fin=False) + frame(TEXT, b"hi"),
    "binary within a text": frame(TEXT, b"say ", fin=False) + frame(BINARY, b"hi"),
    "text within a binary": frame(BINARY, b"hi", fin=False) + frame(TEXT, b"say hi", fin=False),
    "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    **{f"reserved bits {rsv} on {op}": frame(op, b"say hi", rsv=rsv) for rsv in range(1, 8) for op in (TEXT, PING)},
    "a reserved bit on a later fragment": frame(TEXT, b"say ", fin=False) + frame(CONT, b"hi", rsv=4),
    **{f"opcode {op}": frame(op) for op in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)},
    **{f"opcode {op} with a payload": frame(op, b"say hi") for op in (3, 7, 11, 15)},
    "opcode 3 within a message": frame(TEXT, b"say ", fin=False) + frame(3, b"hi"),
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_what_is_no_frame_closes_with_1002_and_nothing_after_it_is_heard(raw, data):
    raw.tell("say before")
    assert raw.says("before")
    raw.put(data + frame(PING, b"after") + frame(TEXT, b"say after"))
    assert raw.ended() == PROTOCOL_ERROR


@pytest.mark.parametrize("name", ["opcode 3", "reserved bits 4 on 1", "nothing to continue", "text without a mask"])
def test_octet_by_octet_it_is_refused_just_so(raw, name):
    put_chopped(raw, REFUSED[name], OCTETS, 0.001)
    assert raw.ended() == PROTOCOL_ERROR


def test_a_ping_before_it_in_the_same_segment_is_answered(raw):
    raw.put(frame(PING, b"before") + frame(3))
    assert raw.next() == (PONG, b"before")
    assert raw.ended() == PROTOCOL_ERROR


# --- fragments (5) --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "parts",
    [
        [b"say a", b"b"],
        [b"", b"say ab"],
        [b"say ab", b""],
        [b"", b"", b"say ab", b"", b""],
        [b"s", b"a", b"y", b" ", b"a", b"b"],
    ],
    ids=lambda parts: b"|".join(parts).decode(),
)
@pytest.mark.parametrize("chop", [None, OCTETS])
@pytest.mark.parametrize("pings", [False, True])
def test_fragments_make_one_message_also_with_pings_in_between(raw, parts, chop, pings):
    data = b""
    for number, part in enumerate(parts):
        data += frame(PING, b"%d" % number) if pings else b""
        data += frame(CONT if number else TEXT, part, fin=number == len(parts) - 1)
    put_chopped(raw, data, chop or len(data))
    if pings:
        assert [raw.next() for _ in parts] == [(PONG, b"%d" % number) for number in range(len(parts))]
    assert raw.says("ab")
    assert raw.lives()


def test_fragments_of_nothing_are_an_empty_message(raw):
    raw.put(frame(BINARY, fin=False) + frame(CONT, fin=False) + frame(CONT))
    assert raw.next() == (TEXT, b"binary ")
    assert raw.lives()


@pytest.mark.parametrize(("part", "count"), [(b"x", 5_000), (b"", 20_000), (b"x" * 100, 10_000)])
def test_thousands_of_fragments_are_one_message(raw, part, count):
    raw.put(frame(TEXT, COUNT, fin=False) + frame(CONT, part, fin=False) * count + frame(CONT))
    assert raw.says(str(len(part) * count))
    assert raw.lives()


# --- UTF-8 (6) ------------------------------------------------------------------------------------

VALID = [
    *("Hello-µ@ßöäüàá-UTF-8!!", "κόσμε", "\0", "\x7f\u0080\u07ff", "\u0800\ud7ff\ue000\ufffd\uffff", "\ufeffbom"),
    *("\U00010000\U0010fffd\U0010ffff", "\ufffe\U0001fffe\U000ffffe", "👩‍👩‍👧 שלום"),
]
INVALID = {
    "the first byte of two alone": b"\xc3",
    "two of three bytes": b"\xe2\x82",
    "three of four bytes": b"\xf0\x9f\x98",
    "cut, and text after it": b"\xe2\x82abc",
    "a continuation alone": b"\x80",
    "the last continuation alone": b"\xbf",
    "six continuations": b"\x80\xbf\x80\xbf\x80\xbf",
    "each of the first bytes with a space": b"\xc2 \xdf \xe0 \xef \xf0 \xf4 ",
    "bytes that never appear": b"\xfe\xfe\xff\xff",
    "byte fe": b"\xfe",
    "byte ff": b"\xff",
    "a slash in two bytes": b"\xc0\xaf",
    "a slash in three bytes": b"\xe0\x80\xaf",
    "a slash in four bytes": b"\xf0\x80\x80\xaf",
    "the largest over-long of two": b"\xc1\xbf",
    "the largest over-long of three": b"\xe0\x9f\xbf",
    "the largest over-long of four": b"\xf0\x8f\xbf\xbf",
    "NUL in two bytes": b"\xc0\x80",
    "NUL in six bytes": b"\xfc\x80\x80\x80\x80\x80",
    "five bytes": b"\xf8\x88\x80\x80\x80",
    "six bytes": b"\xfd\xbf\xbf\xbf\xbf\xbf",
    "over the last code point": b"\xf4\x90\x80\x80",
    "the first high surrogate": b"\xed\xa0\x80",
    "the last low surrogate": b"\xed\xbf\xbf",
    "a pair of surrogates": b"\xed\xa0\x80\xed\xb0\x80",
}


@pytest.mark.parametrize("text", VALID)
@pytest.mark.parametrize("chop", [None, OCTETS])
def test_text_arrives_as_it_was_sent_whole_and_in_fragments_of_a_byte(raw, text, chop):
    data = SAY + text.encode()
    whole = frame(TEXT, data)
    last = len(data) - 1
    parts = b"".join(frame(CONT if n else TEXT, data[n : n + 1], fin=n == last) for n in range(len(data)))
    for each in (whole, parts):
        put_chopped(raw, each, chop or len(each))
        assert raw.says(text)


@pytest.mark.parametrize("data", INVALID.values(), ids=INVALID)
@pytest.mark.parametrize("shape", ["whole", "with text around", "fragments of a byte"])
def test_what_is_no_utf8_closes_with_1007(raw, data, shape):
    if shape == "whole":
        raw.send(TEXT, data)
    elif shape == "with text around":
        raw.put(frame(TEXT, SAY + KOSME + data + b"edited"))
    else:
        raw.send(TEXT, SAY, fin=False)
        raw.put(b"".join(frame(CONT, data[n : n + 1], fin=n == len(data) - 1) for n in range(len(data))))
    assert raw.ended() == NOT_UTF8


@pytest.mark.parametrize("parts", [[SAY + b"\xf4\x90"], [SAY + KOSME, b"\xed\xa0\x80"], [SAY, b"\xf4", b"\x90"]])
def test_a_text_that_can_no_longer_be_utf8_is_refused_before_it_is_whole(raw, parts):
    for number, part in enumerate(parts):
        raw.send(CONT if number else TEXT, part, fin=False)
    assert raw.ended() == NOT_UTF8


def test_what_follows_a_refused_text_in_the_same_segment_is_not_heard(raw):
    raw.put(frame(TEXT, b"\xff") + frame(TEXT, b"say after") + frame(TEXT, b"\xff"))
    assert raw.ended() == NOT_UTF8


def test_a_close_frame_behind_a_refused_text_in_the_same_segment_is_echoed(raw):
    raw.put(frame(TEXT, b"\xff") + frame(CLOSE, closing(1000)))
    assert raw.ended() == 1000


def test_binary_messages_may_hold_anything_also_after_half_a_text(raw):
    raw.put(frame(TEXT, SAY + b"\xce", fin=False) + frame(CONT, b"\xba"))
    assert raw.says("κ")
    raw.put(frame(BINARY, b"\xff", fin=False) + frame(CONT, b"\xfe", fin=False) + frame(CONT, b"\xc3"))
    assert raw.next() == (TEXT, b"binary \xff\xfe\xc3")
    assert raw.lives()
