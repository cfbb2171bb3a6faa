"""Frames of both sides, byte by byte (RFC 6455, 5.2)."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from loadtest.frames import Opcode as Ours
from loadtest.frames import client_frame, take_frame


def read_by_a_library(data: bytes) -> Frame:
    """As a server that does it by the book reads it."""
    reader = StreamReader()
    reader.feed_data(data)
    parsing = Frame.parse(reader.read_exact, mask=True)
    with pytest.raises(StopIteration) as stop:
        next(parsing)
    assert not reader.buffer
    return stop.value.value


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (0, b"\x81\x80"),
        (125, b"\x81\xfd"),
        (126, b"\x81\xfe\x00\x7e"),
        (65_535, b"\x81\xfe\xff\xff"),
        (65_536, b"\x81\xff\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_a_clients_frame_is_masked_with_zeros_and_as_short_as_it_can_be(size, head):
    payload = b"x" * size
    frame = client_frame(payload)
    assert frame == head + bytes(4) + payload
    assert read_by_a_library(frame) == Frame(Opcode.TEXT, payload)


def test_a_clients_pong_has_the_opcode_of_one():
    assert client_frame(b"yes", Ours.PONG) == b"\x8a\x83\x00\x00\x00\x00yes"


MESSAGES = st.tuples(
    st.sampled_from([Ours.TEXT, Ours.BINARY]), st.binary(max_size=200) | st.sampled_from([b"y" * 126, b"z" * 70_000])
)
CONTROLS = st.tuples(st.sampled_from([Ours.CLOSE, Ours.PING, Ours.PONG]), st.binary(max_size=125))


@given(st.lists(MESSAGES | CONTROLS, max_size=4))
def test_a_servers_frames_are_taken_one_by_one_however_the_bytes_come(frames):
    data = b"".join(Frame(Opcode(opcode), payload).serialize(mask=False) for opcode, payload in frames)
    buffer, taken = bytearray(), []
    for at in range(0, len(data), 1_000):
        buffer += data[at : at + 1_000]
        while (frame := take_frame(buffer)) is not None:
            taken.append(frame)
    assert (taken, buffer) == (frames, b"")


@pytest.mark.parametrize("size", [3, 200, 70_000])
def test_of_a_frame_that_is_not_all_there_nothing_is_taken(size):
    whole = Frame(Opcode.TEXT, b"x" * size).serialize(mask=False)
    for cut in {0, 1, 2, 3, 4, 9, len(whole) - 1} & set(range(len(whole))):
        buffer = bytearray(whole[:cut])
        assert take_frame(buffer) is None
        assert buffer == whole[:cut]


def test_a_compressed_message_is_inflated():
    deflate = zlib.compressobj(wbits=-15)
    payload = (deflate.compress(b"hello" * 20) + deflate.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\0\0\xff\xff")
    assert take_frame(bytearray(bytes((0xC1, len(payload))) + payload)) == (Ours.TEXT, b"hello" * 20)


@pytest.mark.parametrize("head", [b"\x01\x00", b"\xa1\x00", b"\x81\x80"], ids=["part", "RSV2", "masked"])
def test_what_no_server_sends_on_the_way_in_is_an_error(head):
    with pytest.raises(ValueError, match="plain frame"):
        take_frame(bytearray(head))
