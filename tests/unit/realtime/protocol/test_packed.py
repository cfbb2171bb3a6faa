"""MessagePack beside JSON: the same values and the same frames both ways, and nothing else that bytes could say."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from realtime.protocol import (
    JSON,
    MSGPACK,
    PONG,
    BadFrame,
    Error,
    Event,
    Invalid,
    Ping,
    RealtimeError,
    Reply,
    Send,
    TooLarge,
    Unsubscribed,
    encode_event,
    encoding_of,
    negotiated,
)
from realtime.protocol.packed import Packed, packed_event_body, packed_list, repack
from realtime.protocol.refusal import DEPTH_MAX
from tests.unit.realtime.protocol.test_decode import any_text, frames, ids, json_values, near_frames, text

LIMIT = 65_536
pack, unpack = msgspec.msgpack.encode, msgspec.msgpack.decode
# What MessagePack can say and JSON cannot.
odd_values = st.one_of(
    st.binary(max_size=4),
    st.builds(msgspec.msgpack.Ext, st.integers(-128, 127), st.binary(max_size=4)),
    st.just(float("nan")),
    st.just(float("-inf")),
    st.dictionaries(st.integers(-5, 5), st.none(), min_size=1, max_size=2),
)


def refusal_of(raw: bytes) -> RealtimeError | None:
    try:
        frame = MSGPACK.receive(raw, LIMIT)
        if isinstance(frame, Send):
            MSGPACK.decode_data(frame.data, dict[str, Any])
    except RealtimeError as error:
        return error
    return None


@given(json_values)
def test_any_json_value_is_the_same_value_in_messagepack(value):
    assert unpack(repack(msgspec.json.encode(value))) == value


@given(frames)
def test_any_frame_of_a_client_survives_the_way_in_both_encodings(frame):
    assert MSGPACK.receive(MSGPACK.encode(frame), LIMIT) == frame == JSON.receive(JSON.encode(frame).decode(), LIMIT)


@given(st.builds(Event, topic=text, event=text, data=json_values, seq=st.none() | ids, prev=st.none() | ids))
def test_any_event_means_the_same_to_a_client_of_either_encoding(event):
    assert MSGPACK.decode_server(MSGPACK.encode(event)) == JSON.decode_server(JSON.encode(event)) == event


@given(json_values, st.none() | ids)
def test_the_data_of_a_send_is_read_by_its_type_in_either_encoding(value, id):
    raw = msgspec.Raw(msgspec.json.encode(value))
    frame = MSGPACK.receive(MSGPACK.encode(Send("t", "e", raw, id)), LIMIT)
    assert isinstance(frame, Send)
    assert MSGPACK.decode_data(frame.data, Any) == JSON.decode_data(raw, Any) == value


@settings(max_examples=400)
@given(st.binary(max_size=400))
@example(b"")
@example(b"\xc1")
@example(b"\xdf\xff\xff\xff\xff")
@example(b"\x81\xa2op\xc7\x00\x05")
@example(b"\x91" * 5_000)
@example(b"\x81\xa2op" * 2_000)
def test_any_bytes_give_a_frame_or_a_protocol_error(raw):
    error = refusal_of(raw)
    if error is not None:
        told = MSGPACK.decode_server(MSGPACK.encode(error.as_frame()))
        assert isinstance(told, Error)
        assert (told.code, len(error.message) < 500) == (error.code, True)


@settings(max_examples=400)
@given(near_frames)
def test_an_almost_frame_is_refused_for_the_same_reason_as_in_json(value):
    try:
        raw = pack(value)
    except UnicodeEncodeError:
        return  # lone surrogates have their own tests
    try:
        frame: Any = JSON.receive(json.dumps(value), LIMIT)
        expected = JSON.decode_data(frame.data, dict[str, Any]) and None if isinstance(frame, Send) else None
    except RealtimeError as error:
        expected = error
    found = refusal_of(raw)
    assert (found and (found.code, found.id, found.field)) == (
        expected and (expected.code, expected.id, expected.field)
    )


@given(odd_values, ids, st.sampled_from(["data", "params"]), st.integers(0, 3))
def test_what_json_has_no_word_for_is_refused_by_its_place_and_its_request_is_named(odd, id, field, level):
    for _ in range(level):
        odd = {"a": [0, odd]}
    more = {"op": "send", "event": "e"} if field == "data" else {"op": "subscribe"}
    error = refusal_of(pack({**more, "id": id, "topic": "t", field: {"x": odd}}))
    assert isinstance(error, BadFrame)
    assert error.id == id
    assert error.field == ("x" if field == "data" else "params.x") + ".a[1]" * level


@given(near_frames, ids)
def test_a_valid_id_is_echoed_whatever_else_is_wrong_with_the_frame(value, id):
    try:
        raw = pack({**value, "id": id, "extra": 1})
    except UnicodeEncodeError:
        return
    error = refusal_of(raw)
    assert error is not None
    assert error.id == id


@pytest.mark.parametrize("levels", [DEPTH_MAX, DEPTH_MAX + 1])
@pytest.mark.parametrize("innermost", [None, 0, "x", [], {}])
def test_nesting_ends_where_it_does_in_json(levels, innermost):
    value, left = innermost, levels - (2 if innermost in ([], {}) else 1)
    for _ in range(left):
        value = [value]
    whole = {"op": "send", "id": 1, "topic": "t", "event": "e", "data": value}
    refusals = []
    for encoding, raw in ((JSON, json.dumps(whole)), (MSGPACK, pack(whole))):
        try:
            encoding.receive(raw, LIMIT)
            refusals.append(None)
        except BadFrame as error:
            refusals.append((error.message, error.id))
    deep = (f"The frame nests deeper than {DEPTH_MAX} levels.", 1)
    assert refusals == [None if levels == DEPTH_MAX else deep] * 2


@given(any_text)
def test_a_character_that_is_none_is_invalid_and_named_as_in_json(word):
    raw = b"\x85" + b"".join(
        (pack("op"), pack("send"), pack("id"), pack(1), pack("topic"), pack("t"), pack("event"), pack("e"))
    )
    body = word.encode("utf-8", "surrogatepass")
    raw += pack("data") + b"\x81" + pack("text") + b"\xda" + len(body).to_bytes(2, "big") + body
    error = refusal_of(raw)
    if word.encode("utf-8", "replace").decode() == word:
        assert error is None
    else:
        assert isinstance(error, Invalid)
        assert (error.id, error.field) == (1, "text")


def test_what_a_client_is_told_never_holds_half_a_character():
    told = Unsubscribed("t", "gone", "a\ud800b")
    assert MSGPACK.decode_server(MSGPACK.encode(told)) == Unsubscribed("t", "gone", "a\ufffdb")
    reply = MSGPACK.decode_server(MSGPACK.encode(Reply(1, {"a": "x\udc00", "\ud800": {"b": 1}})))
    assert reply == Reply(1, {"a": "x\ufffd", "\ufffd": {"b": 1}})


@pytest.mark.parametrize("value", [2**63, 2**64 - 1, -(2**63), 2**64, -(2**63) - 1, 10**30])
def test_an_integer_of_any_size_comes_out_as_a_browser_would_read_it(value):
    told = MSGPACK.decode_server(MSGPACK.encode(Reply(1, {"n": value, "list": [value, {"n": value}]})))
    assert isinstance(told, Reply)
    value = value if -(2**63) <= value < 2**64 else float(value)
    assert told.data == {"n": value, "list": [value, {"n": value}]}
    assert type(told.data["n"]) is type(value)


def test_a_frame_that_is_too_large_keeps_its_id():
    raw = pack({"op": "unsubscribe", "id": 7, "topic": "x" * LIMIT})
    with pytest.raises(TooLarge) as caught:
        MSGPACK.receive(raw, LIMIT)
    assert caught.value.id == 7


@pytest.mark.parametrize(("encoding", "raw"), [(JSON, PONG), (MSGPACK, '{"op":"ping"}'), (JSON, b""), (MSGPACK, "")])
def test_a_message_of_the_other_kind_is_a_bad_frame(encoding, raw):
    with pytest.raises(BadFrame, match="messages, and this is a"):
        encoding.receive(raw, LIMIT)
    assert MSGPACK.receive(MSGPACK.encode(Ping()), LIMIT) == Ping()


def test_the_pong_that_is_ready_is_a_pong():
    assert unpack(MSGPACK.pong) == msgspec.json.decode(PONG) == {"op": "pong"}


def test_the_first_offer_that_is_known_is_taken():
    assert negotiated(["chorus.v2.json", "chorus.v1.msgpack", "chorus.v1.json"]) is MSGPACK
    assert negotiated(["chorus.v1.json", "chorus.v1.msgpack"]) is JSON
    assert negotiated(["CHORUS.V1.JSON", "mqtt"]) is None
    assert (encoding_of(None), encoding_of("mqtt"), encoding_of("chorus.v1.msgpack")) == (JSON, JSON, MSGPACK)


# --- parts that are shared --------------------------------------------------------------------------


def test_raw_parts_of_a_reply_are_read_as_json_wherever_they_stand():
    raw = msgspec.Raw(b'{"deep":[1,2.5,null]}')
    deep = [1, 2.5, None]
    data = {"a": raw, "b": {"c": raw, "d": {"e": {"f": [raw]}}}, "g": [raw], "h": Reply(1, raw)}
    told = unpack(MSGPACK.encode(Reply(1, data)))["data"]
    assert told["a"] == told["b"]["c"] == told["g"][0] == told["b"]["d"]["e"]["f"][0] == {"deep": deep}
    assert told["h"] == {"op": "reply", "id": 1, "data": {"deep": deep}}


def test_a_large_part_that_many_are_shown_is_made_once(monkeypatch):
    made: list[int] = []
    monkeypatch.setattr("realtime.protocol.packed.repack", lambda raw: (made.append(len(raw)), repack(raw))[1])
    shared = [msgspec.Raw(msgspec.json.encode(["x" * 2_000, n])) for n in range(100)]
    for raw in shared:
        for id in range(3):
            told = unpack(MSGPACK.encode(Reply(id, {"snapshot": {"messages": raw, "me": None}})))
            assert told["data"]["snapshot"]["messages"] == msgspec.json.decode(raw)
    assert len(made) == len(shared)


@given(text, text, json_values, ids, st.none() | ids)
def test_an_event_is_cut_down_to_its_body_as_in_json(topic, event, data, seq, prev):
    body = packed_event_body(repack(encode_event(topic, event, data, seq=seq, prev=prev)), topic, prev)
    assert unpack(body) == {"event": event, "data": data, "seq": seq}


@pytest.mark.parametrize("size", [0, 1, 15, 16, 500])
def test_a_list_of_parts_is_a_list_among_a_replys_data(size):
    parts = Packed(packed_list([pack({"n": n}) for n in range(size)]))
    told = unpack(MSGPACK.encode(Reply(1, {"events": parts, "snapshot": None})))
    assert told["data"] == {"events": [{"n": n} for n in range(size)], "snapshot": None}
