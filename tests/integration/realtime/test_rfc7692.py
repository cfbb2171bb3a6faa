"""RFC 7692, permessage-deflate, on `serve` byte by byte: what is agreed on, what is inflated, and what is a bomb."""

from __future__ import annotations

import contextlib
import tracemalloc
import zlib
from collections.abc import Iterator

import pytest
from django.test import override_settings
from websockets.asyncio.client import connect

from tests.integration.realtime.lanes import (
    BINARY,
    CLOSE,
    CONT,
    HANDSHAKE,
    PING,
    PONG,
    TEXT,
    Lanes,
    RawSocket,
    frame,
    open_lanes,
)

LIMIT = 1_048_576
RSV1, RSV2 = 4, 2
PROTOCOL_ERROR, NOT_UTF8, TOO_BIG = 1002, 1007, 1009
TAIL = b"\0\0\xff\xff"
AGREED = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"


@pytest.fixture(scope="module")
def lanes() -> Iterator[Lanes]:
    with override_settings(REALTIME={"DEFLATE": True}), open_lanes() as lanes:
        yield lanes


@pytest.fixture
def raw(lanes) -> Iterator[RawSocket]:
    with contextlib.closing(offering(lanes, "permessage-deflate").greeted()) as client:
        yield client


def offering(lanes: Lanes, offers: str, path: bytes = b"/") -> RawSocket:
    head = HANDSHAKE.replace(b"/", path, 1)[:-2]
    return RawSocket(lanes, head + f"Sec-WebSocket-Extensions: {offers}\r\n\r\n".encode())


def deflated(data: bytes, level: int = 6) -> bytes:
    deflate = zlib.compressobj(level, wbits=-15)
    return (deflate.compress(data) + deflate.flush(zlib.Z_SYNC_FLUSH)).removesuffix(TAIL)


def send(raw: RawSocket, payload: bytes, opcode: int = TEXT) -> None:
    raw.put(frame(opcode, payload, rsv=RSV1))


def in_parts(payload: bytes, parts: int) -> list[bytes]:
    size = -(-len(payload) // parts)
    pieces = [payload[start : start + size] for start in range(0, len(payload), size)]
    return [
        frame(CONT if number else TEXT, piece, fin=number == len(pieces) - 1, rsv=0 if number else RSV1)
        for number, piece in enumerate(pieces)
    ]


# --- what is agreed on ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offers", "answer"),
    [
        ("permessage-deflate", AGREED),
        ("permessage-deflate; client_max_window_bits", AGREED),  # browsers' own
        ("permessage-deflate; server_no_context_takeover; client_no_context_takeover", AGREED),
        ("permessage-deflate; client_max_window_bits=12", AGREED + "; client_max_window_bits=12"),
        ("permessage-deflate; server_max_window_bits=15", AGREED.replace("; c", "; server_max_window_bits=15; c", 1)),
        # A window of its own would be a compression of its own.
        ("permessage-deflate; server_max_window_bits=10", None),
        ("permessage-deflate; server_max_window_bits=10, permessage-deflate", AGREED),
        ("permessage-deflate, permessage-deflate; client_max_window_bits", AGREED),
        ("permessage-deflate; unknown=1", None),
        ("permessage-deflate; server_max_window_bits=77", None),
        ("x-webkit-deflate-frame", None),
        ("x-webkit-deflate-frame, permessage-deflate", AGREED),
    ],
)
def test_an_offer_is_taken_if_it_leaves_one_window_for_all(lanes, offers, answer):
    with contextlib.closing(offering(lanes, offers)) as client:
        head = client.head().decode()
        assert " 101 " in head
        found = [line.split(": ", 1)[1] for line in head.split("\r\n") if line.startswith("Sec-WebSocket-Extensions")]
        assert [set(each.split("; ")) for each in found] == ([] if answer is None else [set(answer.split("; "))])
        assert client.lives()


def test_who_offers_nothing_is_sent_nothing_of_the_kind_and_may_not_use_it(lanes):
    with contextlib.closing(RawSocket(lanes)) as client:
        assert b"Sec-WebSocket-Extensions" not in client.head()
        send(client, deflated(b"say hi"))
        assert client.ended() == PROTOCOL_ERROR


# --- what comes in --------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 100, 70_000, LIMIT - 4])
def test_a_compressed_text_is_inflated(raw, size):
    for _ in range(3):  # each on its own
        send(raw, deflated(b"say " + b"x" * size))
        assert raw.next() == (TEXT, b"x" * size)


def test_messages_may_be_compressed_or_not_as_the_client_likes(raw):
    raw.tell("say plain")
    send(raw, deflated(b"say small"))
    send(raw, deflated(b"", 1))
    send(raw, deflated(b"binary"), BINARY)
    assert raw.says("plain")
    assert raw.says("small")


def test_a_final_block_and_stored_blocks_are_inflated_as_well(raw):
    final = zlib.compressobj(6, wbits=-15)
    send(raw, final.compress(b"say final") + final.flush() + b"\0")  # RFC 7692, 7.2.3.4
    assert raw.says("final")
    send(raw, deflated(b"say stored", 0))
    assert raw.says("stored")


def test_a_compressed_message_in_parts_is_one_message_also_with_pings_between(raw):
    parts = in_parts(deflated(b"say " + "é👋".encode() * 5_000), 7)
    for part in parts:
        raw.put(part)
        raw.send(PING, b"still there")
    answers = [raw.next() for _ in range(len(parts) + 1)]
    assert answers.count((PONG, b"still there")) == len(parts)
    assert (TEXT, "é👋".encode() * 5_000) in answers
    assert raw.lives()


@pytest.mark.parametrize(
    "wrong",
    [
        frame(TEXT, b"\xff\xff\xff\xff", rsv=RSV1),
        frame(TEXT, deflated(b"say hi") + b"\xff" * 10, rsv=RSV1),
        frame(PING, b"hi", rsv=RSV1),
        frame(CLOSE, b"", rsv=RSV1),
        frame(TEXT, deflated(b"say hi"), rsv=RSV1 | RSV2),
        frame(TEXT, deflated(b"say hi"), rsv=RSV1, fin=False) + frame(CONT, b"", rsv=RSV1),
        frame(TEXT, b"say ", fin=False) + frame(CONT, deflated(b"hi"), rsv=RSV1),
    ],
    ids=["no deflate", "more behind it", "a ping", "a close", "another bit", "a later part", "a later part alone"],
)
def test_what_the_standard_forbids_ends_the_connection_with_1002(raw, wrong):
    raw.put(wrong)
    assert raw.ended() == PROTOCOL_ERROR


@pytest.mark.parametrize("parts", [1, 3])
def test_a_compressed_text_that_is_no_utf8_ends_it_with_1007(raw, parts):
    for part in in_parts(deflated(b"say " + b"x" * 100 + b"\xff"), parts):
        raw.put(part)
    assert raw.ended() == NOT_UTF8


# --- bombs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("over", [1, 300, LIMIT])
@pytest.mark.parametrize("parts", [1, 2, 10])
def test_what_inflates_to_more_than_a_message_may_have_closes_with_1009(raw, over, parts):
    for part in in_parts(deflated(b"x" * (LIMIT + over)), parts):
        raw.put(part)
    assert raw.ended() == TOO_BIG


def test_parts_that_are_small_each_are_counted_together(raw):
    for number in range(11):
        raw.put(frame(CONT if number else TEXT, deflated(b"x" * 100_000) + TAIL, fin=False, rsv=0 if number else RSV1))
    assert raw.ended() == TOO_BIG


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """A gibibyte of nothing in a mebibyte."""
    deflate, zeros = zlib.compressobj(9, wbits=-15), bytes(1 << 20)
    data = b"".join(deflate.compress(zeros) for _ in range(1_000))
    assert len(data) < LIMIT
    return data


def test_a_bomb_is_refused_with_1009_and_little_memory(raw, bomb):
    tracemalloc.start()
    try:
        raw.put(frame(TEXT, bomb, rsv=RSV1))
        assert raw.ended() == TOO_BIG
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The frame itself under its mask and without it, what is read of it at once, and one message of the largest size.
    assert peak < 10 * LIMIT


def test_a_bomb_on_one_connection_is_nothing_to_another(lanes, raw, bomb):
    with contextlib.closing(offering(lanes, "permessage-deflate").greeted()) as other:
        raw.put(frame(TEXT, bomb, rsv=RSV1))
        assert other.lives()
        assert raw.ended() == TOO_BIG


# --- what goes out --------------------------------------------------------------------------------


async def test_what_a_consumer_sends_past_the_lane_is_left_as_it_is(lanes):
    """Compressing it would be compressing for one socket."""
    async with connect(f"{lanes.url}asgi", compression="deflate") as client:
        assert client.protocol.extensions
        text = "x" * 10_000
        await client.send(text)
        assert await client.recv() == text
    with contextlib.closing(offering(lanes, "permessage-deflate", b"/asgi").greeted()) as bare:
        send(bare, deflated(b"y" * 5_000))
        assert bare.next() == (TEXT, b"y" * 5_000)


def test_the_close_frame_is_not_compressed(raw):
    send(raw, deflated(b"all 1"))
    for _ in range(4):
        assert raw.next()[0] == TEXT
    assert raw.next() == (CLOSE, (4321).to_bytes(2, "big") + b"that is all")
