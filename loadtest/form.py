"""The encodings in which Chorus is spoken: what a client asks for as it connects, and how it writes and reads then."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from loadtest.dialect import Speech
from loadtest.frames import Opcode, inflated
from loadtest.template import NUMBER_DIGITS

__all__ = ["DEFLATE", "JSON", "MSGPACK", "MSGPACK_DEFLATE", "Form"]


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
MSGPACK = Form(
    name="msgpack",
    headers=(("Sec-WebSocket-Protocol", "chorus.v1.msgpack"),),
    opcode=Opcode.BINARY,
    encode=msgspec.msgpack.encode,
    decode=msgspec.msgpack.decode,
    speech=JSON.speech,
)
"""For those who read: a post's id is a number, which in MessagePack is no ten digits that can be written over."""


def _number_of(payload: bytes, _binary: bool) -> int:
    found = NUMBERED.search(inflated(payload))
    return int(found[1]) if found else -1


def _compressed(form: Form) -> Form:
    offer = ("Sec-WebSocket-Extensions", "permessage-deflate; server_no_context_takeover; client_no_context_takeover")
    return replace(form, name=f"{form.name}+deflate", headers=(*form.headers, offer), number_of=_number_of)


NUMBERED = re.compile(rb"#(\d{%d})" % NUMBER_DIGITS)
DEFLATE = _compressed(JSON)
MSGPACK_DEFLATE = _compressed(MSGPACK)
