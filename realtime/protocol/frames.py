"""The frames of the protocol as typed structs, and their JSON.

Client frames refuse unknown fields (a typing mistake is told, not ignored); server frames accept
them, so that an older client survives a newer server. Knows no transport and no feature: `data`
passes through unread. Page: docs/reference/protocol.md.
"""

from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

__all__ = [
    "ID_MAX",
    "PONG",
    "Auth",
    "ClientFrame",
    "Error",
    "Event",
    "FrameId",
    "Hello",
    "HelloLimits",
    "Ping",
    "Pong",
    "Reply",
    "Send",
    "Seq",
    "ServerFrame",
    "Since",
    "Subscribe",
    "Unsubscribe",
    "Unsubscribed",
    "User",
    "encode",
    "encode_event",
]

# The largest integer that every JSON reader holds exactly (an IEEE double, hence a browser).
ID_MAX: Final = 2**53 - 1

FrameId = Annotated[int, Meta(ge=0, le=ID_MAX)]
Seq = Annotated[int, Meta(ge=0, le=ID_MAX)]
# A UUID as it is usually written, of any version. \Z, not $: that one lets a newline pass.
Key = Annotated[
    str,
    Meta(pattern=r"\A[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z"),
]

# gc=False throughout: frames hold plain data and cannot be part of a cycle, and the collector need
# not walk the tens of thousands that are alive under load.


class _FromClient(Struct, tag_field="op", forbid_unknown_fields=True, omit_defaults=True, gc=False):
    pass


class Auth(_FromClient, tag="auth"):
    """Who I am, or a newer token on a live connection. Later frames wait for its answer."""

    id: FrameId
    token: str


class Since(Struct, forbid_unknown_fields=True, gc=False):
    """A position in a topic's log."""

    epoch: str
    seq: Seq


class Subscribe(_FromClient, tag="subscribe"):
    """Follow a topic, from its present state or from the position `since`."""

    id: FrameId
    topic: str
    since: Since | None = None
    params: dict[str, Any] | None = None


class Unsubscribe(_FromClient, tag="unsubscribe"):
    """Stop following a topic."""

    id: FrameId
    topic: str


class Send(_FromClient, tag="send"):
    """An event from the client. `data` stays raw JSON until its handler names the type."""

    topic: str
    event: str
    data: Raw
    id: FrameId | None = None
    key: Key | None = None


class Ping(_FromClient, tag="ping"):
    """Is anybody there? Answered by `pong`."""


class _FromServer(Struct, tag_field="op", omit_defaults=True, gc=False):
    pass


class User(Struct, gc=False):
    """Whom the server takes this connection for."""

    id: int
    name: str


class HelloLimits(Struct, gc=False):
    """The limits a client can keep to by itself."""

    frame_bytes: int
    topics: int
    requests_per_s: float


class Hello(_FromServer, tag="hello"):
    """The first frame. `auth_within_s` is there exactly when `user` is null."""

    connection: str
    user: User | None
    heartbeat_s: float
    limits: HelloLimits
    v: int = msgspec.field(default_factory=lambda: 1)  # a factory's default is never omitted
    auth_within_s: float | UnsetType = UNSET


class Reply(_FromServer, tag="reply"):
    """The answer to one request; the shape of `data` is the request's business."""

    id: int
    data: Any


class Error(_FromServer, tag="error"):
    """A refusal. `code` is text, not the enum: a newer server may know more codes."""

    code: str
    message: str
    retryable: bool
    id: int | None = None
    retry_after_s: float | None = None
    field: str | None = None


class Event(_FromServer, tag="event"):
    """A message on a topic. `prev` is the seq it follows when that is not seq - 1."""

    topic: str
    event: str
    data: Any
    seq: int | None = None
    prev: int | None = None


class Unsubscribed(_FromServer, tag="unsubscribed"):
    """The server ended a subscription; `code` is an UnsubscribeCode this version may not know."""

    topic: str
    code: str
    message: str


class Pong(_FromServer, tag="pong"):
    """Somebody is there."""


ClientFrame = Auth | Subscribe | Unsubscribe | Send | Ping
ServerFrame = Hello | Reply | Error | Event | Unsubscribed | Pong

_encoder = msgspec.json.Encoder()


def encode(frame: ClientFrame | ServerFrame) -> bytes:
    """The frame as UTF-8 JSON. Optional fields that are None are left out.

    Text that no UTF-8 can carry (a lone surrogate, from a database or a bug) is replaced by U+FFFD:
    one bad character must not cost the frame, nor the reader its connection.
    """
    try:
        return _encoder.encode(frame)
    except UnicodeEncodeError:
        return _encoder.encode(_speakable(msgspec.to_builtins(frame, builtin_types=(Raw,))))


def encode_event(topic: str, event: str, data: Any, *, seq: int | None = None, prev: int | None = None) -> bytes:
    """An `event` frame, encoded once for everybody who gets it."""
    return encode(Event(topic, event, data, seq, prev))


PONG: Final[bytes] = encode(Pong())


def _speakable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_speakable(name): _speakable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_speakable(item) for item in value]
    return value
