"""RFC 6455, the end of a connection on `serve`, byte by byte: what strict test suites send (Autobahn's 7, and more)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from tests.integration.realtime import lane_app
from tests.integration.realtime.lanes import (
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
    until_gone,
)

NORMAL, AWAY, PROTOCOL_ERROR, NO_CODE, NOT_UTF8 = 1000, 1001, 1002, 1005, 1007
AFTER = frame(PING, b"after") + frame(TEXT, b"say after") + frame(CLOSE, closing(AWAY)) + frame(3) + b"\xff" * 100


@pytest.fixture(scope="module")
def lanes() -> Iterator[Lanes]:
    with open_lanes() as lanes:
        yield lanes


@pytest.fixture
def raw(lanes) -> Iterator[RawSocket]:
    lane_app.ENDS.clear()
    with contextlib.closing(RawSocket(lanes).greeted()) as client:
        yield client
    until_gone(lanes, 2)


def told(lanes: Lanes, raw: RawSocket) -> tuple[int, str]:
    """How the connection ended, as the application was told."""
    raw.close()
    until_gone(lanes, 2)
    (end,) = lane_app.ENDS
    return end


# --- the client closes ------------------------------------------------------------------------------


# RFC 6455, 7.4.1, and what was registered since: 1012, 1013 and 1014.
@pytest.mark.parametrize(
    "code", [*range(1000, 1004), *range(1007, 1015), 3000, 3999, 4000, 4501, 4999], ids=lambda code: f"{code}"
)
def test_a_code_that_may_be_sent_is_echoed_and_told_to_the_application(lanes, raw, code):
    raw.send(CLOSE, closing(code, b"bye"))
    assert raw.next() == (CLOSE, closing(code, b"bye"))
    assert raw.read_to_the_end() == b""
    assert told(lanes, raw) == (code, "bye")


@pytest.mark.parametrize("code", [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535])
@pytest.mark.parametrize("reason", [b"", b"bye"])
def test_a_code_that_may_not_be_sent_is_answered_with_1002(lanes, raw, code, reason):
    raw.send(CLOSE, closing(code, reason))
    assert raw.ended() == PROTOCOL_ERROR
    assert told(lanes, raw)[0] == PROTOCOL_ERROR


def test_a_close_frame_without_a_code_is_answered_with_one_without(lanes, raw):
    raw.send(CLOSE)
    assert raw.ended() is None
    assert told(lanes, raw) == (NO_CODE, "")


@pytest.mark.parametrize("reason", [b"", "é".encode(), b"x" * 123, "\U0010ffff".encode() * 30])
def test_a_reason_comes_back_with_its_code(lanes, raw, reason):
    raw.send(CLOSE, closing(NORMAL, reason))
    assert raw.next() == (CLOSE, closing(NORMAL, reason))
    assert told(lanes, raw) == (NORMAL, reason.decode())


BAD = {
    "one byte": (b"\x03", PROTOCOL_ERROR),
    "a reason of 124 bytes": (closing(NORMAL, b"x" * 124), PROTOCOL_ERROR),
    "a reason of 60,000 bytes": (closing(NORMAL, b"x" * 60_000), PROTOCOL_ERROR),
    "a reason cut within a character": (closing(NORMAL, b"\xe2\x82"), NOT_UTF8),
    "a reason over the last code point": (closing(NORMAL, b"\xce\xba\xf4\x90\x80\x80edited"), NOT_UTF8),
    "a reason with a surrogate": (closing(NORMAL, b"\xed\xa0\x80"), NOT_UTF8),
    "a reason with an over-long slash": (closing(4000, b"\xc0\xaf"), NOT_UTF8),
}


@pytest.mark.parametrize(("payload", "code"), BAD.values(), ids=BAD)
def test_a_close_frame_that_is_none_is_answered_with_what_is_wrong(lanes, raw, payload, code):
    raw.send(CLOSE, payload)
    assert raw.ended() == code
    assert told(lanes, raw)[0] == code


@pytest.mark.parametrize("chop", [None, 1])
def test_nothing_behind_the_close_frame_is_heard(lanes, raw, chop):
    data = frame(CLOSE, closing(NORMAL, b"bye"))
    if chop is None:
        raw.put(data + AFTER)
    else:
        for byte in data:
            raw.put(bytes([byte]))
    assert raw.ended() == NORMAL
    assert told(lanes, raw) == (NORMAL, "bye")


def test_what_was_sent_before_the_close_frame_is_still_heard(lanes, raw):
    raw.put(frame(TEXT, b"say before") + frame(PING, b"before"))
    assert {raw.next(), raw.next()} == {(TEXT, b"before"), (PONG, b"before")}
    raw.send(CLOSE, closing(NORMAL))
    assert raw.ended() == NORMAL


def test_a_message_of_a_quarter_megabyte_and_a_close_right_behind_it_end_well(lanes, raw):
    raw.put(frame(TEXT, b"count " + b"x" * 262_144) + frame(CLOSE, closing(NORMAL)) + frame(PING))
    opcode, payload = raw.next()
    if opcode == TEXT:  # its answer was faster than the close
        assert payload == b"262144"
        opcode, payload = raw.next()
    assert (opcode, payload) == (CLOSE, closing(NORMAL))
    assert raw.read_to_the_end() == b""


@pytest.mark.parametrize("parts", [1, 3])
def test_a_close_between_fragments_is_a_good_close_and_the_message_is_dropped(lanes, raw, parts):
    raw.put(frame(TEXT, b"say ", fin=False) + frame(CONT, b"h", fin=False) * (parts - 1))
    raw.put(frame(CLOSE, closing(NORMAL)) + frame(CONT, b"i"))
    assert raw.ended() == NORMAL
    assert told(lanes, raw) == (NORMAL, "")


def test_one_who_only_ends_the_stream_gets_no_frame(lanes, raw):
    raw.end()
    assert raw.read_to_the_end() == b""
    until_gone(lanes, 2)


# --- the server closes ------------------------------------------------------------------------------


def closed_by_the_server(raw: RawSocket) -> None:
    raw.tell("all 1")
    assert [raw.next()[1] for _ in range(4)] == [b"reply .", b"event 0 .", b"event 1 .", b"event 2 ."]
    assert raw.next() == (CLOSE, closing(4321, b"that is all"))


@pytest.mark.parametrize("payload", [b"", closing(4321), closing(NORMAL, b"bye"), b"\x03", closing(1005)])
def test_any_answer_to_the_servers_close_ends_the_connection_without_a_second_close(lanes, raw, payload):
    closed_by_the_server(raw)
    raw.send(CLOSE, payload)
    assert raw.read_to_the_end() == b""
    raw.close()
    until_gone(lanes, 2)


def test_data_behind_the_servers_close_is_dropped_and_a_ping_still_answered(raw):
    closed_by_the_server(raw)
    raw.put(frame(TEXT, b"say hi") + frame(TEXT, b"\xff") + frame(PING, b"hi"))
    # 5.5.2 asks for it until the peer's close frame has come; only data frames are forbidden (5.5.1).
    assert raw.next() == (PONG, b"hi")
    raw.send(CLOSE, closing(4321))
    assert raw.read_to_the_end() == b""


def test_what_is_no_frame_behind_the_servers_close_ends_the_connection_at_once(lanes, raw):
    closed_by_the_server(raw)
    raw.send(3)
    assert raw.read_to_the_end() == b""
    raw.close()
    assert until_gone(lanes, 2) < 1


# --- the connection fails ---------------------------------------------------------------------------


def test_one_who_goes_on_after_failing_is_read_without_being_heard_and_then_dropped(lanes, raw):
    raw.send(3)
    assert raw.next()[0] == CLOSE
    raw.put(AFTER * 100 + frame(TEXT, b"x" * 1_000_000))
    assert raw.read_to_the_end() == b""
    assert lanes.connections == 1
    # LINGER_S of realtime/server/lane.py, and what a slow machine adds.
    assert until_gone(lanes, 8) > 3
