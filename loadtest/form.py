"""The encodings in which Chorus is spoken: what a client asks for as it connects, and how it writes and reads then."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from loadtest.dialect import Speech
from loadtest.frames import Opcode

__all__ = ["JSON", "Form"]


@dataclass(frozen=True, slots=True)
class Form:
    """One encoding. headers: what the upgrade says beside its own. opcode: of the frames clients send.

    speech: how answers begin, byte by byte. number_of: reads a message's number out of a payload that the engine cannot
    read itself (its second argument: whether the frame was binary); None where all are plain.
    """

    name: str
    headers: tuple[tuple[str, str], ...]
    opcode: Opcode
    encode: Callable[[dict[str, Any]], bytes]
    decode: Callable[[bytes], dict[str, Any]]
    speech: Speech
    number_of: Callable[[bytes, bool], int] | None = None


def _json(frame: dict[str, Any]) -> bytes:
    return json.dumps(frame, separators=(",", ":")).encode()


def _parsed(payload: bytes) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(payload)
    return frame


JSON = Form(
    name="json",
    headers=(("Sec-WebSocket-Protocol", "chorus.v1.json"),),
    opcode=Opcode.TEXT,
    encode=_json,
    decode=_parsed,
    speech=Speech(reply=b'{"op":"reply","id":', error=b'{"op":"error"'),
)
