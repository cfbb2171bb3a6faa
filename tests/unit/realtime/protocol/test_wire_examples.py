"""The shared examples of the wire; the browser client's tests run the same file."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from realtime.protocol import RealtimeError, decode, decode_server, encode
from realtime.protocol.frames import ClientFrame, ServerFrame

EXAMPLES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[3] / "wire" / "examples.json").read_text(encoding="utf-8")
)


def read(example: dict[str, Any]) -> ClientFrame | ServerFrame:
    if example["direction"] == "client":
        return decode(example["text"], frame_bytes=65_536)
    return decode_server(example["text"])


def with_verdict(verdict: str) -> list[Any]:
    return [pytest.param(e, id=f"{e['direction']}: {e['name']}") for e in EXAMPLES if verdict in e]


@pytest.mark.parametrize("example", with_verdict("frame"))
def test_an_example_is_read_as_its_frame_and_written_as_it_again(example: dict[str, Any]) -> None:
    written = encode(read(example))
    assert msgspec.json.decode(written) == example["frame"]
    assert read({**example, "text": written.decode()}) is not None


@pytest.mark.parametrize("example", with_verdict("error"))
def test_an_example_of_a_mistake_is_refused_by_code_id_and_field(example: dict[str, Any]) -> None:
    with pytest.raises(RealtimeError) as caught:
        read(example)
    told = caught.value
    if example["direction"] == "client":
        assert {"code": told.code, "id": told.id, "field": told.field} == example["error"]
    else:
        assert told.code == example["error"]["code"]


def test_every_example_has_a_name_of_its_own_and_one_verdict() -> None:
    names = [(example["direction"], example["name"]) for example in EXAMPLES]
    assert len(set(names)) == len(names)
    assert all(("frame" in example) != ("error" in example) for example in EXAMPLES)


def frames_on_the_page() -> list[dict[str, Any]]:
    page = (Path(__file__).parents[4] / "docs/reference/protocol.md").read_text(encoding="utf-8")
    frames: list[dict[str, Any]] = []
    for block in page.split("```json\n")[1:]:
        rest = block.split("```")[0].strip()
        while rest:
            frame, end = json.JSONDecoder().raw_decode(rest)
            frames.append(frame)
            rest = rest[end:].strip()
    return frames


@pytest.mark.parametrize("frame", frames_on_the_page(), ids=lambda frame: frame["op"])
def test_every_frame_shown_on_the_page_is_one(frame: dict[str, Any]) -> None:
    from_client = frame["op"] in {"auth", "subscribe", "unsubscribe", "send", "ping"}
    text = json.dumps(frame)
    read = decode(text, frame_bytes=65_536) if from_client else decode_server(text)
    assert msgspec.json.decode(encode(read)) == frame
