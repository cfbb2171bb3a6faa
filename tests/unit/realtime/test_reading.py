"""The short way of reading, and the following of frames that makes it safe."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.server.reading import follow, whole_text

MASK = b"\x01\x02\x03\x04"


def frame(payload: bytes, *, first: int = 0x81, mask: bytes = MASK) -> bytes:
    size = len(payload)
    if size < 126:
        head = bytes([0x80 | size])
    elif size < 65_536:
        head = bytes([0x80 | 126]) + size.to_bytes(2, "big")
    else:
        head = bytes([0x80 | 127]) + size.to_bytes(8, "big")
    masked = bytes(byte ^ key for byte, key in zip(payload, itertools.cycle(mask), strict=False))
    return bytes([first]) + head + mask + masked


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 300, 65_535])
def test_one_whole_text_is_unmasked(size) -> None:
    payload = bytes(number % 251 for number in range(size))
    assert whole_text(frame(payload)) == payload


@pytest.mark.parametrize(
    "data",
    [
        b"",
        frame(b"hello")[:-1],
        frame(b"hello") + b"\x81",
        frame(b"hello") * 2,
        frame(b"hello", first=0x01),
        frame(b"hello", first=0x82),
        frame(b"hello", first=0xC1),
        frame(b"hello", first=0x89),
        b"\x81\x05hello",
        frame(b"x" * 65_536),
        b"\x81\xfe\x00",
        b"\x81\xff" + bytes(12),
    ],
)
def test_anything_else_is_left_to_the_library(data) -> None:
    assert whole_text(data) is None


frames = st.lists(
    st.builds(
        frame,
        st.binary(max_size=400),
        first=st.sampled_from([0x81, 0x01, 0x80, 0x82, 0x89, 0x8A, 0x88]),
    ),
    min_size=1,
    max_size=6,
)


@given(frames, st.lists(st.integers(0, 3_000), max_size=8))
def test_however_frames_are_cut_it_is_known_where_one_ends_or_that_it_is_not_known(sent, cuts) -> None:
    wire = b"".join(sent)
    ends = set(itertools.accumulate(map(len, sent)))
    places = sorted({cut for cut in cuts if 0 < cut < len(wire)} | {len(wire)})
    missing: int | None = 0
    at = 0
    for place in places:
        missing = follow(missing, wire[at:place])
        at = place
        if missing is not None:
            assert at + missing in ends
            assert (missing == 0) == (at in ends)
    assert missing in {0, None}


@given(frames)
def test_whole_frames_leave_nothing_missing(sent) -> None:
    missing: int | None = 0
    for each in sent:
        missing = follow(missing, each)
        assert missing == 0


def test_what_ends_within_a_head_is_never_known_again() -> None:
    assert follow(0, b"\x81") is None
    assert follow(0, frame(b"x" * 300)[:3]) is None
    assert follow(None, frame(b"x")) is None
