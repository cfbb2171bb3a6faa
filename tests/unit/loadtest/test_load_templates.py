"""Messages with holes, as bytes, and what Chorus is sent."""

from __future__ import annotations

import json
import uuid

import pytest

from loadtest.chorus import ChorusDialect
from loadtest.dialect import DIGITS, Template, client_frame, message_text


def test_every_place_of_the_number_is_found():
    template = Template.of(b"a" + DIGITS + b"b" + DIGITS)
    assert [template.frame[at : at + 10] for at in template.number_at] == [DIGITS, DIGITS]
    assert Template.of(b"none").number_at == ()


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_a_frame_says_its_length_as_short_as_it_goes(size):
    frame = client_frame(b"x" * size)
    head = 2 if size < 126 else 4 if size < 65_536 else 10
    assert len(frame) == head + 4 + size
    assert frame[1] & 0x80
    assert frame[head : head + 4] == bytes(4)


@pytest.mark.parametrize("size", [11, 64, 4_000])
def test_a_text_has_the_size_asked_for_and_the_number_in_front(size):
    text = message_text(size)
    assert len(text) == size
    assert text.startswith(b"#" + DIGITS)


def test_a_post_to_chorus_is_one_of_the_protocol():
    template = ChorusDialect([]).message("loadtest", 64)
    frame = template.frame
    for at in template.number_at:
        frame = frame[:at] + b"1000000007" + frame[at + 10 :]
    post = json.loads(frame[frame.index(b"{") :])
    assert (post["op"], post["topic"], post["event"]) == ("send", "chat/loadtest", "message.post")
    assert post["id"] == 1_000_000_007
    assert post["data"]["text"].startswith("#1000000007 the quick")
    assert str(uuid.UUID(post["key"])) == post["key"]
    assert post["key"].endswith("1000000007")


def test_two_runs_take_other_keys():
    assert ChorusDialect([]).message("a", 64) != ChorusDialect([]).message("a", 64)
