"""A message as the load sends it: where its number stands, and what else is in it."""

from __future__ import annotations

import json
import re

import pytest

from benchmarks.dialects import ChatDialect, SocketIoDialect
from loadtest.chorus import ChorusDialect
from loadtest.frames import client_frame
from loadtest.template import Template, message_text

DIALECTS = [ChatDialect(), SocketIoDialect(), ChorusDialect([])]


def test_the_text_is_a_number_and_letters():
    assert message_text(11) == "#0000000000"
    assert message_text(15) == "#0000000000 the"


def test_a_text_too_short_for_its_number_is_refused():
    with pytest.raises(ValueError, match="no room"):
        message_text(10)


def test_a_chat_message_byte_by_byte():
    template = ChatDialect().message("hall", 14)
    assert template == Template(b'\x81\x9d\x00\x00\x00\x00{"message": "#0000000000 th"}', (20,))
    assert template.numbered(4_711) == b'\x81\x9d\x00\x00\x00\x00{"message": "#0000004711 th"}'


def test_a_socketio_message_byte_by_byte():
    template = SocketIoDialect().message("hall", 12)
    payload = b'42["message",{"room":"hall","message":"#%s "}]'
    assert template == Template(b"\x81\xb6\x00\x00\x00\x00" + payload % b"0000000000", (46,))
    assert template.numbered(9_999_999_999) == b"\x81\xb6\x00\x00\x00\x00" + payload % b"9999999999"


def test_the_answer_to_engineio_is_a_whole_frame():
    speech = SocketIoDialect.speech
    assert (speech.ping, speech.pong) == (b"2", b"\x81\x81\x00\x00\x00\x003")


@pytest.mark.parametrize("text_bytes", [11, 100, 500, 70_000])
@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: type(dialect).__name__)
def test_the_number_stands_behind_the_only_mark_of_a_frame(dialect, text_bytes):
    template = dialect.message("room-7", text_bytes)
    assert [template.frame[at - 1 : at] for at in template.number_at].count(b"#") == 1
    # Behind the head, whose length may be any byte.
    payload = template.numbered(1_234_567_890)[-text_bytes - 70 :]
    assert payload.count(b"#") == 1
    assert b"#1234567890" in payload


def test_every_place_of_a_number_is_filled_and_the_zeros_of_a_head_are_none():
    payload = json.dumps({"key": "k-0000000000", "text": "#0000000000" + "x" * 70_000}).encode()
    template = Template.of(payload)
    assert len(template.number_at) == 2
    assert template.numbered(5) == client_frame(payload.replace(b"0000000000", b"0000000005"))


def test_a_message_without_a_place_for_its_number_is_refused():
    with pytest.raises(ValueError, match="no place"):
        Template.of(b'{"message":"hello"}')


@pytest.mark.parametrize("number", [-1, 10**10])
def test_a_number_that_does_not_fit_is_refused(number):
    with pytest.raises(ValueError, match="not a number"):
        ChatDialect().message("hall", 20).numbered(number)


def test_a_chorus_message_is_numbered_in_its_id_its_text_and_its_key():
    template = ChorusDialect([]).message("hall", 14)
    frame = json.loads(template.numbered(1_234_567_890)[8:])
    assert (frame["op"], frame["topic"], frame["event"]) == ("send", "chat/hall", "message.post")
    assert (frame["id"], frame["data"]) == (1_234_567_890, {"text": "#1234567890 th"})
    assert re.fullmatch(r"[0-9a-f]{8}-0000-4000-8000-ff1234567890", frame["key"])
