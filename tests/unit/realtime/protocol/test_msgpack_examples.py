"""The shared examples in MessagePack: each means what it means in JSON, and is refused as it is refused there."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from realtime.protocol import JSON, MSGPACK, RealtimeError
from realtime.protocol.encodings import Encoding
from realtime.protocol.frames import ClientFrame, Send, ServerFrame

WIRE = Path(__file__).parents[3] / "wire"
LIMIT = 65_536


def name_of(example: dict[str, Any]) -> str:
    return f"{example['direction']}: {example['name']}"


JSON_EXAMPLES = {
    name_of(example): example for example in json.loads((WIRE / "examples.json").read_text(encoding="utf-8"))
}
EXAMPLES = {
    name_of(example): {**JSON_EXAMPLES.get(name_of(example), {}), **example}
    for example in json.loads((WIRE / "msgpack.json").read_text(encoding="utf-8"))
}
# What only JSON can get wrong, or say at all.
JSON_ALONE = {
    *("client: not JSON", "client: something after the object", "client: single quotes", "client: a trailing comma"),
    *("client: a byte order mark", "client: NaN is not JSON", "client: a raw control character in a string"),
    *("client: an id of 30 digits", "client: since with a seq of 30 digits", "server: no JSON from the server"),
}


def read(example: dict[str, Any], encoding: Encoding, raw: str | bytes) -> ClientFrame | ServerFrame:
    return encoding.receive(raw, LIMIT) if example["direction"] == "client" else encoding.decode_server(raw)


def meaning(frame: ClientFrame | ServerFrame, encoding: Encoding) -> Any:
    """A frame with its raw data read, so that it can be compared with one of the other encoding."""
    if not isinstance(frame, Send):
        return frame
    return {**msgspec.structs.asdict(frame), "data": encoding.decode_data(frame.data, Any)}


def with_verdict(verdict: str) -> list[Any]:
    return [pytest.param(example, id=name) for name, example in EXAMPLES.items() if verdict in example]


@pytest.mark.parametrize("example", with_verdict("frame"))
def test_an_example_is_read_as_its_frame_and_written_as_it_again(example):
    frame = read(example, MSGPACK, bytes.fromhex(example["hex"]))
    if isinstance(frame, Send):  # its data stays as it came, and what a client writes is made from JSON
        frame.data = msgspec.Raw(msgspec.json.encode(MSGPACK.decode_data(frame.data, Any)))
    assert msgspec.msgpack.decode(MSGPACK.encode(frame)) == example["frame"]


@pytest.mark.parametrize("example", [one for one in with_verdict("frame") if "text" in one.values[0]])
def test_an_example_means_the_same_in_both_encodings(example):
    packed = read(example, MSGPACK, bytes.fromhex(example["hex"]))
    assert meaning(packed, MSGPACK) == meaning(read(example, JSON, example["text"]), JSON)


@pytest.mark.parametrize("example", with_verdict("error"))
def test_an_example_of_a_mistake_is_refused_by_code_id_and_field(example):
    with pytest.raises(RealtimeError) as caught:
        read(example, MSGPACK, bytes.fromhex(example["hex"]))
    told = caught.value
    assert told.code == example["error"]["code"]
    if example["direction"] == "client":
        assert {"code": told.code, "id": told.id, "field": told.field} == example["error"]


@pytest.mark.parametrize("example", [one for one in with_verdict("error") if one.values[0].get("text", "")[-1:] == "}"])
def test_a_mistake_is_told_in_the_same_words_in_both_encodings(example):
    messages = []
    for encoding, raw in ((JSON, example["text"]), (MSGPACK, bytes.fromhex(example["hex"]))):
        with pytest.raises(RealtimeError) as caught:
            read(example, encoding, raw)
        messages.append(caught.value.message)
    assert messages[0] == messages[1]


def test_no_example_is_left_out_that_can_be_said_in_messagepack():
    assert set(JSON_EXAMPLES) - set(EXAMPLES) == JSON_ALONE
    assert len(EXAMPLES) - len(set(JSON_EXAMPLES) & set(EXAMPLES)) > 15
