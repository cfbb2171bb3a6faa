"""Whatever comes in, a frame or a protocol error comes out; and the error is exact."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from realtime.protocol import (
    ID_MAX,
    Auth,
    BadFrame,
    Error,
    Event,
    Invalid,
    Ping,
    RealtimeError,
    Send,
    Since,
    Subscribe,
    TooLarge,
    Unsubscribe,
    decode,
    decode_data,
    decode_server,
    encode,
)
from realtime.protocol.refusal import DEPTH_MAX

LIMIT = 65_536

text = st.text(st.characters(exclude_categories=["Cs"]))
any_text = st.text(st.characters())  # surrogates too
ids = st.integers(0, ID_MAX)
keys = st.uuids().map(str)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)
frames = st.one_of(
    st.builds(Auth, id=ids, token=text),
    st.builds(
        Subscribe,
        id=ids,
        topic=text,
        since=st.none() | st.builds(Since, epoch=text, seq=ids),
        params=st.none() | st.dictionaries(text, json_values, max_size=4),
    ),
    st.builds(Unsubscribe, id=ids, topic=text),
    st.builds(Ping),
)
# Almost frames: the right fields with any value, which is where typed decoding has most to refuse.
near_frames = st.fixed_dictionaries(
    {"op": st.sampled_from(["auth", "subscribe", "unsubscribe", "send", "ping", "hello"]) | json_values},
    optional=dict.fromkeys(
        ["id", "topic", "event", "data", "key", "since", "params", "token", "extra"], json_values | ids | any_text
    ),
)


def refusal_of(raw: str | bytes) -> RealtimeError | None:
    try:
        frame = decode(raw, frame_bytes=LIMIT)
        if isinstance(frame, Send):
            decode_data(frame.data, dict[str, Any])
    except RealtimeError as error:
        return error
    return None


def decoded_or_refused(raw: str | bytes) -> None:
    error = refusal_of(raw)
    if error is not None:
        # What is told about it must itself be a frame that everybody can read.
        told = decode_server(encode(error.as_frame()))
        assert isinstance(told, Error)
        assert told.code == error.code
        assert len(error.message) < 500


@settings(max_examples=400)
@given(st.binary(max_size=400))
@example(b"\xff")
@example(b"\xed\xa0\x80")
@example(b'{"op":"auth","id":1,"token":"\xff"}')
@example(b'{"op":"send","id":1,"topic":"t","event":"e","data":"\xff"}')
@example(b"\xef\xbb\xbf{}")
@example(b'{"op":"\\ud800"}')
@example(b'"\\')
@example(b"-")
def test_any_bytes_give_a_frame_or_a_protocol_error(raw: bytes) -> None:
    decoded_or_refused(raw)


@settings(max_examples=400)
@given(any_text)
@example("\ud800")
@example('{"op":"\ud800","id":1}')
@example('{"id":' + "9" * 5_000 + "}")
@example('{"op":"subscribe","id":1,"topic":"t","params":{"a":' + "9" * 5_000 + "}}")
@example('{"op":"send","id":1,"topic":"t","event":"e","data":{"a":1e999,"b":"\\udc00"}}')
@example("[" * 5_000)
@example('{"a":' * 5_000)
@example('"' * 5_000)
@example('[["' * 5_000)
@example('{"id":1,' + "[" * 70 + '"\\')
def test_any_text_gives_a_frame_or_a_protocol_error(raw: str) -> None:
    decoded_or_refused(raw)


@settings(max_examples=400)
@given(near_frames)
@example({"op": "ping", "id": "\ud800"})
@example({"op": "send", "\ud800": 1})
def test_any_almost_frame_gives_a_frame_or_a_protocol_error(value: dict[str, Any]) -> None:
    decoded_or_refused(json.dumps(value))


@given(near_frames, ids)
def test_a_valid_id_is_echoed_whatever_else_is_wrong_with_the_frame(value: dict[str, Any], id: int) -> None:
    error = refusal_of(json.dumps({**value, "id": id, "extra": 1}))
    assert error is not None
    assert error.id == id


@given(frames)
def test_what_a_client_encodes_the_server_decodes_as_the_same(frame: Any) -> None:
    assert decode(encode(frame), frame_bytes=LIMIT * 16) == frame
    assert decode(encode(frame).decode(), frame_bytes=LIMIT * 16) == frame


@given(topic=text, event=text, data=json_values, id=st.none() | ids, key=st.none() | keys)
def test_the_data_of_a_send_arrives_as_it_left(
    topic: str, event: str, data: Any, id: int | None, key: str | None
) -> None:
    sent = Send(topic, event, msgspec.Raw(msgspec.json.encode(data)), id, key)
    got = decode(encode(sent), frame_bytes=LIMIT * 16)
    assert isinstance(got, Send)
    assert (got.topic, got.event, got.id, got.key) == (topic, event, id, key)
    assert msgspec.json.decode(got.data) == data


@given(st.builds(Event, topic=any_text, event=any_text, data=st.dictionaries(any_text, any_text), seq=ids))
def test_nothing_is_written_that_cannot_be_read(frame: Event) -> None:
    read = decode_server(encode(frame))
    assert isinstance(read, Event)
    assert read.seq == frame.seq


def test_text_without_surrogates_is_written_as_it_is() -> None:
    assert (
        encode(Event("t", "e", "a😀\u2028\0é"))
        == '{"op":"event","topic":"t","event":"e","data":"a😀\u2028\\u0000é"}'.encode()
    )


def test_a_lone_surrogate_on_the_way_out_becomes_a_replacement_character() -> None:
    written = encode(Event("t", "e", {"text": "a\ud800b", "pair": "\ud83d\ude00"}))
    assert json.loads(written)["data"] == {"text": "a\ufffdb", "pair": "😀"}


def sized(size: int, start: str = '{"op":"send","id":6,"topic":"t","event":"e","data":"', fill: str = "x") -> str:
    room = size - len((start + '"}').encode())
    return start + fill * (room // len(fill.encode())) + "x" * (room % len(fill.encode())) + '"}'


@pytest.mark.parametrize("fill", ["x", "é", "你", "😀"])
def test_a_frame_at_the_limit_passes_and_one_byte_more_is_too_large(fill: str) -> None:
    assert isinstance(decode(sized(LIMIT, fill=fill), frame_bytes=LIMIT), Send)
    assert isinstance(decode(sized(LIMIT, fill=fill).encode(), frame_bytes=LIMIT), Send)
    for raw in (sized(LIMIT + 1, fill=fill), sized(LIMIT + 1, fill=fill).encode()):
        with pytest.raises(TooLarge) as caught:
            decode(raw, frame_bytes=LIMIT)
        assert caught.value.id == 6


@pytest.mark.parametrize("raw", ["x" * 65_537, "[" * 65_537, b"\xff" * 65_537, '{"id":6,"a":"' + "x" * 70_000])
def test_too_large_without_an_id_is_told_without_one(raw: str | bytes) -> None:
    with pytest.raises(TooLarge) as caught:
        decode(raw, frame_bytes=LIMIT)
    assert caught.value.id is None


def test_a_binary_frame_of_json_counts_as_text_and_other_bytes_do_not() -> None:
    assert decode(b'{"op":"ping"}', frame_bytes=LIMIT) == Ping()
    with pytest.raises(BadFrame, match="UTF-8"):
        decode(b'{"op":"send","id":1,"topic":"t","event":"e","data":"\xff"}', frame_bytes=LIMIT)


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_deep_nesting_is_refused_with_the_id_of_the_top_level(opening: str) -> None:
    raw = '{"nested":{"id":5},"data":' + opening * 5_000 + '"id":3'
    with pytest.raises(BadFrame, match="64 levels") as caught:
        decode('{"op":"send","id" : 7 ,' + raw[1:], frame_bytes=LIMIT)
    assert caught.value.id == 7


def test_nesting_is_counted_the_same_wherever_the_stack_stands() -> None:
    # msgspec's own limit is what is left of the interpreter's stack; ours must bite first.
    deepest = (
        '{"op":"subscribe","id":1,"topic":"t","params":{"a":' + "[" * (DEPTH_MAX - 2) + "]" * (DEPTH_MAX - 2) + "}}"
    )

    def sink(depth: int) -> object:
        return sink(depth - 1) if depth else decode(deepest, frame_bytes=LIMIT)

    assert isinstance(sink(700), Subscribe)
    with pytest.raises(BadFrame):
        decode(deepest.replace("[]", "[[]]"), frame_bytes=LIMIT)


def test_an_exhausted_stack_is_a_bad_frame_and_no_crash() -> None:
    def sink() -> None:
        try:
            sink()
        except RecursionError:
            decoded_or_refused('{"op":"subscribe","id":1,"topic":"t","params":{"a":[[[[1]]]]}}')
            raise

    with pytest.raises(RecursionError):
        sink()


class Post(msgspec.Struct, forbid_unknown_fields=True):
    text: str
    reply_to: int | None = None
    tags: list[str] = []


@pytest.mark.parametrize(
    ("raw", "field", "message"),
    [
        (b"{}", "text", "text: missing"),
        (b"[]", "data", "data: expected object, got array"),
        (b"null", "data", "data: expected object, got null"),
        (b'{"text":5}', "text", "text: expected str, got int"),
        (b'{"text":"a","loud":true}', "loud", "loud: unknown field"),
        (b'{"text":"a","reply_to":"b"}', "reply_to", "reply_to: expected int | null, got str"),
        (b'{"text":"a","tags":["b",5]}', "tags[1]", "tags[1]: expected str, got int"),
    ],
)
def test_wrong_data_is_invalid_and_names_the_field(raw: bytes, field: str, message: str) -> None:
    with pytest.raises(Invalid) as caught:
        decode_data(msgspec.Raw(raw), Post)
    assert (caught.value.field, caught.value.message) == (field, message)


def test_right_data_becomes_its_type() -> None:
    assert decode_data(msgspec.Raw(b'{"text":"a","tags":["b"]}'), Post) == Post("a", None, ["b"])


def test_what_a_message_quotes_of_the_input_is_cut() -> None:
    for raw in (
        '{"op":"' + "x" * 60_000 + '"}',
        '{"op":"ping","' + "x" * 60_000 + '":1}',
        '{"op":"auth","op":"' + "x" * 60_000 + '"}',
    ):
        with pytest.raises(RealtimeError) as caught:
            decode(raw, frame_bytes=LIMIT)
        assert len(caught.value.message) < 300
        assert len(caught.value.field or "") < 300
