"""Why a frame was refused: the slow path behind decode.py, run only for frames that are wrong.

It finds the `id`, so that the answer reaches the request that asked, and names the field and what
was expected there. It never raises: each function returns the error to raise.
"""

import json
import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import msgspec

from realtime.protocol.codes import Op
from realtime.protocol.errors import BadFrame, Invalid, RealtimeError, TooLarge, UnknownOp
from realtime.protocol.frames import ID_MAX, FrameId
from realtime.protocol.limits import LimitName

__all__ = [
    "DEPTH_MAX",
    "FrameHead",
    "HeadReaders",
    "bad_data",
    "bad_frame",
    "identified",
    "nests_too_deep",
    "not_utf8",
    "quote",
    "too_deep",
    "too_large",
]

# Deeper than any honest payload, and shallow enough for whatever recursive code reads it later.
# A number of our own, because the interpreter's differs with its version and the stack in use.
DEPTH_MAX: Final = 64
# What a message may quote of the client's own input.
QUOTE_CHARS_MAX: Final = 64

_FROM_CLIENT: Final = frozenset({Op.AUTH, Op.SUBSCRIBE, Op.UNSUBSCRIBE, Op.SEND, Op.PING})
_FROM_SERVER: Final = frozenset(Op) - _FROM_CLIENT

# The closing quote is optional, so that an unterminated string is one match to the end: without it
# each later quote would start a scan of its own, quadratic in a frame made of quotes.
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)
_ID_VALUE = re.compile(r"\s*:\s*(\d{1,16})\s*[,}]")
_PLACE = re.compile(r"(?P<what>.*?)(?: - at (?:key in )?`\$(?P<path>[^`]*)`)?\Z", re.DOTALL)
_NAMED = re.compile(r"Object (?P<what>missing required|contains unknown) field `(?P<name>.*)`\Z", re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


class FrameHead(msgspec.Struct):
    """Just enough of a frame to say whose it is."""

    op: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    id: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Fault(NamedTuple):
    message: str
    field: str
    of_value: bool  # the type was right and the value out of bounds


class HeadReaders(NamedTuple):
    """How one encoding reads what a refusal is about. `malformed`: the error for what is not of the encoding."""

    heads: Callable[[Any], FrameHead]
    ids: Callable[[Any], int]
    strings: Callable[[Any], str]
    malformed: Callable[[Any, Exception], RealtimeError]
    not_an_object: str

    def id_of(self, raw: msgspec.Raw | msgspec.UnsetType) -> int | None:
        """The id that stands there, if it is a valid one."""
        if raw is msgspec.UNSET:
            return None
        try:
            return self.ids(raw)
        except (msgspec.DecodeError, UnicodeError):
            return None


def bad_frame(
    raw: str | bytes, cause: Exception, *, to_server: bool = True, readers: HeadReaders | None = None
) -> RealtimeError:
    """The error for a frame that the typed decoder refused with `cause`."""
    readers = readers or _JSON
    try:
        head = readers.heads(raw)
    except msgspec.ValidationError:
        return BadFrame(readers.not_an_object)
    except RecursionError:
        return too_deep(raw if isinstance(raw, str) else "")
    except (msgspec.DecodeError, UnicodeError) as error:
        return readers.malformed(raw, error)
    return identified(_bad_shape(head, cause, readers, to_server=to_server), readers.id_of(head.id))


def bad_data(cause: Exception) -> Invalid:
    """The error for the `data` of a `send` that its handler's type refused with `cause`."""
    fault = _fault(cause)
    return Invalid(f"{fault.field or 'data'}: {fault.message}", field=fault.field or "data")


def too_large(raw: str | bytes, frame_bytes: int, readers: HeadReaders | None = None) -> RealtimeError:
    """The error for a frame over the limit, with its id if it can be read all the same."""
    readers = readers or _JSON
    error = TooLarge(f"A frame has at most {frame_bytes} bytes.", limit=LimitName.FRAME_BYTES)
    try:
        return identified(error, readers.id_of(readers.heads(raw).id))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return error


def identified(error: RealtimeError, id: int | None) -> RealtimeError:
    """`error` as that of the request `id`."""
    error.id = id
    return error


def quote(text: str, most: int = QUOTE_CHARS_MAX) -> str:
    """Text of the client's as a message or a log may repeat it: cut where it is long."""
    return text if len(text) <= most else text[: most - 1] + "…"


def not_utf8() -> BadFrame:
    """The error for bytes that are no text."""
    return BadFrame("The frame is not UTF-8.")


def too_deep(text: str) -> RealtimeError:
    """The error for a frame nested beyond DEPTH_MAX, with the id of its top level."""
    error = BadFrame(f"The frame nests deeper than {DEPTH_MAX} levels.")
    return identified(error, _scan_id(text))


def nests_too_deep(text: str) -> bool:
    """Whether brackets outside of strings nest deeper than DEPTH_MAX. Linear, no recursion."""
    depth = 0
    for match in _TOKEN.finditer(text):
        first = match[0][0]
        if first in "[{":
            depth += 1
            if depth > DEPTH_MAX:
                return True
        elif first in "]}":
            depth -= 1
    return False


def _bad_shape(head: FrameHead, cause: Exception, readers: HeadReaders, *, to_server: bool) -> RealtimeError:
    if head.op is msgspec.UNSET:
        return BadFrame("op: missing", field="op")
    try:
        op = readers.strings(head.op)
    except (msgspec.DecodeError, UnicodeError):
        return BadFrame("op: expected str", field="op")
    if op not in (_FROM_CLIENT if to_server else _FROM_SERVER):
        return UnknownOp(f"There is no op {quote(op)}.", field="op")
    fault = _fault(cause)
    if fault.field == "key":
        fault = fault._replace(message="expected a UUID" if fault.of_value else fault.message)
    # An id that is out of bounds cannot be echoed, so that frame is as unanswerable as a malformed one.
    kind = Invalid if fault.of_value and fault.field != "id" else BadFrame
    return kind(f"{fault.field}: {fault.message}", field=fault.field or None)


def _bad_json(raw: str | bytes, cause: Exception) -> RealtimeError:
    """Not JSON to msgspec. One thing the grammar of JSON allows is still refused: lone surrogates.

    They are `invalid` with their field, because to the sender that frame was well formed.
    """
    malformed = BadFrame(_reason(cause))
    try:
        frame = json.loads(raw, parse_int=_small_int, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return malformed
    if not isinstance(frame, dict):
        return BadFrame("A frame is a JSON object.")
    field = _surrogate_field(frame)
    if field is None:
        return identified(malformed, _plain_id(frame.get("id")))
    error = Invalid(f"{field}: a lone surrogate is not a character", field=field)
    return identified(error, _plain_id(frame.get("id")))


def _surrogate_field(frame: dict[str, Any]) -> str | None:
    """The path of a string with a lone surrogate; inside `data` counted from there."""
    waiting: list[tuple[str, Any]] = [("", frame)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str) and _SURROGATE.search(value):
            return path.removeprefix("data.") or "op"
        if isinstance(value, list):
            waiting.extend((f"{path}[{index}]", item) for index, item in enumerate(value))
        elif isinstance(value, dict):
            if _SURROGATE.search("".join(value)):
                return path.removeprefix("data.") or "data"
            waiting.extend((f"{path}.{name}" if path else name, item) for name, item in value.items())
    return None


def _fault(cause: Exception) -> _Fault:
    """Take msgspec's sentence apart. Its wording is held by tests; unknown wording passes as it is."""
    if not isinstance(cause, msgspec.ValidationError):
        return _Fault(_reason(cause), "", of_value=False)
    place = _PLACE.match(str(cause))
    assert place is not None  # the pattern matches any text
    what, path = place["what"], (place["path"] or "").lstrip(".").replace("[...]", "")
    if named := _NAMED.match(what):
        name = quote(named["name"])
        verdict = "missing" if named["what"] == "missing required" else "unknown field"
        return _Fault(verdict, f"{path}.{name}" if path else name, of_value=False)
    message = what.replace("`", "").replace(", got None", ", got null")  # as msgspec calls it in MessagePack
    of_value = ", got " not in what and what != "Expected `str`" and not what.startswith("Invalid value")
    return _Fault(quote(message[:1].lower() + message[1:], 200), path, of_value=of_value)


def _reason(cause: Exception) -> str:
    if isinstance(cause, RecursionError):
        return "nested too deeply"
    if isinstance(cause, UnicodeError):
        return "The frame is not UTF-8."
    return f"The frame is not JSON: {str(cause).removeprefix('JSON is malformed: ')}."


def _plain_id(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= ID_MAX else None


def _scan_id(text: str) -> int | None:
    """The top level's `id` where no parser will go: nested too deep for any of them."""
    depth, found = 0, None
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in ("[", "{"):
            depth += 1
        elif token in ("]", "}"):
            depth -= 1
        elif (depth, token) == (1, '"id"') and (value := _ID_VALUE.match(text, match.end())):
            found = _plain_id(int(value[1]))
    return found


def _small_int(digits: str) -> int:
    # int() refuses more than 4,300 digits, and anything past 16 is no valid id anyway.
    return int(digits) if len(digits) <= 17 else -1


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_ids: msgspec.json.Decoder[int] = msgspec.json.Decoder(FrameId)
_JSON: Final = HeadReaders(
    msgspec.json.Decoder(FrameHead).decode,
    _ids.decode,
    msgspec.json.Decoder(str).decode,
    _bad_json,
    "A frame is a JSON object.",
)
