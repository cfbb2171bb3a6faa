"""Every form means the same, and each is made once, however many sockets, batches and replies it goes into."""

from __future__ import annotations

import asyncio
import os
import zlib
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from realtime.hub import forms
from realtime.hub.batch import Batch
from realtime.hub.form_writers import FormLaneWriter, PackedQueueWriter, lane_writer, queue_writer
from realtime.hub.forms import Form, form_of, message, packed_bodies, shared_message
from realtime.hub.types import Item
from realtime.hub.writers import LaneWriter, QueueWriter
from realtime.protocol import JSON, MSGPACK
from tests.unit.realtime.hub.test_writers import BUDGET, Lane, Peer

DEFLATING = [Form.JSON_DEFLATE, Form.MSGPACK_DEFLATE]
TOPIC = "log/a"


def item(seq: int, text: str = "hello " * 100, **more: Any) -> Item:
    return Item.of(TOPIC, "row", {"text": text, "n": 1.5, "none": None}, seq=seq, **more)


def read(wire: bytes, form: Form) -> list[Any]:
    """What a client makes of it: the library's own parser, with the extension if it was agreed on."""
    reader = StreamReader()
    reader.feed_data(wire)
    extensions = [PerMessageDeflate(True, True, 15, 15)] if form.deflates else []
    frames = []
    while reader.buffer:
        frame = run(Frame.parse(reader.read_exact, mask=False, extensions=extensions))
        assert (frame.opcode, frame.fin) == (Opcode.TEXT if form.encoding is JSON else Opcode.BINARY, True)
        frames.append(
            msgspec.json.decode(frame.data) if form.encoding is JSON else msgspec.msgpack.decode(bytes(frame.data))
        )
    return frames


def run(steps: Iterator[None]) -> Frame:
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return end.value


@pytest.fixture
def made(monkeypatch) -> dict[str, int]:
    """How often something was made."""
    counts = {"packed": 0, "deflated": 0}

    def counting(name: str, what: Any) -> Any:
        def count(*arguments: Any) -> Any:
            counts[name] += 1
            return what(*arguments)

        return count

    monkeypatch.setattr(forms, "repack", counting("packed", forms.repack))
    monkeypatch.setattr(forms, "deflated", counting("deflated", forms.deflated))
    return counts


# --- what they mean -----------------------------------------------------------------------------------


@pytest.mark.parametrize("form", Form)
def test_a_batch_means_the_same_in_every_form(form):
    items = [item(1), item(2, "short"), item(3, "ü" * 40_000), item(4, prev=2), item(5, shown=False)]
    expected = [msgspec.json.decode(each.frame) for each in items]
    assert read(Batch.of(items).wire_in(form), form) == expected
    assert read(Batch([each.frame for each in items]).wire_in(form), form) == expected


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=2_000), st.sampled_from(Form))
def test_any_text_comes_out_of_any_form_as_it_went_in(text, form):
    assert read(shared_message(item(1, text), form), form)[0]["data"]["text"] == text


def test_plain_json_is_what_it_always_was():
    batch = Batch.of([item(1), item(2)])
    assert batch.wire_in(Form.JSON) is batch.wire
    assert batch.texts == [each.decode() for each in batch.frames]


@pytest.mark.parametrize("form", DEFLATING)
def test_a_message_is_compressed_from_the_threshold_on_and_without_its_tail(form, settings):
    settings.REALTIME = {"DEFLATE_FROM_BYTES": 300}
    below, above = message(b"x" * 299, form), message(b"x" * 300, form)
    assert below[0] == {Form.JSON_DEFLATE: 0x81, Form.MSGPACK_DEFLATE: 0x82}[form]
    assert above[0] == below[0] | 0x40
    assert len(above) < 30
    assert not above.endswith(b"\0\0\xff\xff")
    assert zlib.decompressobj(wbits=-15).decompress(above[2:] + b"\0\0\xff\xff") == b"x" * 300


@pytest.mark.parametrize("form", DEFLATING)
@pytest.mark.parametrize("size", [300, 70_000])
def test_what_compression_would_make_larger_goes_as_it_is(form, size):
    noise = os.urandom(size)
    wire = message(noise, form)
    assert not wire[0] & 0x40
    assert wire.endswith(noise)


@pytest.mark.parametrize("form", [Form.JSON, Form.MSGPACK])
def test_without_the_agreement_nothing_is_compressed(form):
    assert not message(b"x" * 10_000, form)[0] & 0x40


@pytest.mark.parametrize("encoding", [JSON, MSGPACK])
@pytest.mark.parametrize("deflates", [False, True])
def test_a_form_is_an_encoding_with_or_without_compression(encoding, deflates):
    form = form_of(encoding, deflates=deflates)
    assert (form.encoding, form.deflates) == (encoding, deflates)


# --- made once ----------------------------------------------------------------------------------------


def test_each_form_of_an_item_is_made_once_for_all_batches_and_replies(made):
    items = [item(1), item(2), item(3)]
    for _ in range(5):  # a flush, and joiners who get part of it
        for form in Form:
            Batch.of(items).wire_in(form)
            Batch.of(items[1:]).wire_in(form)
        assert len(Batch.of(items).packed) == 3
        packed_bodies(items, TOPIC)
    assert made == {"packed": 3, "deflated": 6}


def test_a_batch_makes_each_form_once_even_of_frames_that_are_nobodys(made):
    batch = Batch([item(1).frame])
    assert {len({id(batch.wire_in(form)) for _ in range(3)}) for form in Form} == {1}
    assert made["deflated"] == 2


def test_nothing_is_made_where_everybody_speaks_plain_json(made):
    batch = Batch.of([item(1)])
    assert batch.wire
    assert batch.texts
    assert made == {"packed": 0, "deflated": 0}
    assert item(1).made == {}


def test_items_are_equal_whatever_was_made_of_them():
    one, other = item(1), item(1)
    shared_message(one, Form.MSGPACK_DEFLATE)
    assert one == other
    assert "made" not in repr(one)


def test_bodies_of_missed_events_are_those_of_json():
    items = [item(1), item(2, prev=0), item(3, "ü", prev=70_000)]
    bodies = msgspec.msgpack.decode(packed_bodies(items, TOPIC).raw)
    assert bodies == [msgspec.json.decode(each.body(TOPIC)) for each in items]


# --- the writers ----------------------------------------------------------------------------------------


@pytest.fixture
def lane() -> Lane:
    return Lane()


@pytest.mark.parametrize("form", [form for form in Form if form is not Form.JSON])
async def test_on_a_lane_own_frames_and_shared_ones_arrive_in_order_and_nothing_after_the_close(lane, form):
    writer = FormLaneWriter(lane, 1_000_000, lambda: None, form)
    pong = form.encoding.pong
    writer.write(pong)
    writer.write_batch(Batch.of([item(1), item(2)]))
    writer.write(pong, counts=False)
    writer.close(4000, "bye")
    writer.write(pong)
    writer.write_batch(Batch.of([item(3)]))
    assert [frame.get("seq", frame["op"]) for frame in read(lane.wire, form)] == ["pong", 1, 2, "pong"]
    assert lane.closed_with == (4000, "bye")


@pytest.mark.parametrize("form", DEFLATING)
async def test_the_budget_counts_what_is_on_the_wire(lane, form):
    slow: list[str] = []
    writer = FormLaneWriter(lane, BUDGET, lambda: slow.append("slow"), form)
    writer.write(b"x" * 10 * BUDGET)
    assert not writer.closed
    writer.write(os.urandom(3 * BUDGET), counts=False)
    assert not writer.closed
    writer.write(os.urandom(BUDGET))
    assert (writer.closed, slow) == (True, ["slow"])


async def test_a_queue_of_messagepack_sends_binary_messages_in_order():
    peer = Peer()
    writer = queue_writer(peer.send, MSGPACK, BUDGET, lambda: None)
    peer.open.set()
    writer.write(MSGPACK.pong)
    writer.write_batch(Batch.of([item(1, "a"), item(2, "b")]))
    writer.close(4000, "bye")
    writer.write_batch(Batch.of([item(3, "c")]))
    while writer.unsent_bytes() or len(peer.got) < 4:
        await asyncio.sleep(0)
    frames = [msgspec.msgpack.decode(sent["bytes"]) for sent in peer.got if "bytes" in sent]
    assert [frame.get("seq", frame["op"]) for frame in frames] == ["pong", 1, 2]
    assert peer.got[-1]["type"] == "websocket.close"
    assert not any("text" in sent for sent in peer.got)


async def test_a_queue_of_messagepack_over_its_budget_is_dropped():
    peer = Peer()
    writer = queue_writer(peer.send, MSGPACK, BUDGET, lambda: None)
    writer.write_batch(Batch.of([item(n, "x" * 300) for n in range(10)]))
    assert (writer.closed, writer.close_code) == (True, 4008)


@pytest.mark.parametrize("deflates", [False, True])
@pytest.mark.parametrize("encoding", [JSON, MSGPACK])
async def test_a_connection_gets_the_writer_of_its_form(lane, encoding, deflates):
    lane.deflates = deflates
    writer = lane_writer(lane, encoding, BUDGET, lambda: None)
    assert writer.form is form_of(encoding, deflates=deflates)
    assert (type(writer) is LaneWriter) == (writer.form is Form.JSON)
    queued = queue_writer(Peer().send, encoding, BUDGET, lambda: None)
    assert type(queued) is (QueueWriter if encoding is JSON else PackedQueueWriter)
    assert queued.form is form_of(encoding, deflates=False)
