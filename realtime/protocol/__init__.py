"""The protocol without I/O: frames, codes, errors, limits and the state of one connection.

It must not know Django, Channels, asyncio, Redis or any feature: bytes and the time come in as
arguments, frames and errors go out. Server, Python client and tests stand on it alike.

    codes.py      every op, error code and close code
    errors.py     the tree of refusals
    frames.py     frames as structs, encode
    decode.py     the fast way in
    refusal.py    the slow way: what exactly was wrong with a frame, and whose it was
    packed.py     the same frames in MessagePack; scan.py looks whether JSON could say them
    encodings.py  JSON and MessagePack, as a connection negotiates them
    limits.py     limits, token bucket
    session.py    one connection's state machine

The contract in words: docs/reference/protocol.md.
"""

from realtime.protocol.codes import CloseCode, ErrorCode, Op, UnsubscribeCode, may_reconnect
from realtime.protocol.decode import decode, decode_data, decode_server
from realtime.protocol.encodings import ENCODINGS, JSON, MSGPACK, Encoding, encoding_of, negotiated
from realtime.protocol.errors import (
    BadFrame,
    Conflict,
    ConnectionRefused,
    Forbidden,
    Internal,
    Invalid,
    Muted,
    NotFound,
    NotSubscribed,
    RateLimited,
    RealtimeError,
    RoomFull,
    SlowMode,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnknownOp,
    error_for,
)
from realtime.protocol.frames import (
    ID_MAX,
    PONG,
    Auth,
    ClientFrame,
    Error,
    Event,
    Hello,
    HelloLimits,
    Ping,
    Pong,
    Reply,
    Send,
    ServerFrame,
    Since,
    Subscribe,
    Unsubscribe,
    Unsubscribed,
    User,
    encode,
    encode_event,
)
from realtime.protocol.limits import LimitName, Limits, TokenBucket
from realtime.protocol.session import Session, SessionState

__all__ = [
    "ENCODINGS",
    "ID_MAX",
    "JSON",
    "MSGPACK",
    "PONG",
    "Auth",
    "BadFrame",
    "ClientFrame",
    "CloseCode",
    "Conflict",
    "ConnectionRefused",
    "Encoding",
    "Error",
    "ErrorCode",
    "Event",
    "Forbidden",
    "Hello",
    "HelloLimits",
    "Internal",
    "Invalid",
    "LimitName",
    "Limits",
    "Muted",
    "NotFound",
    "NotSubscribed",
    "Op",
    "Ping",
    "Pong",
    "RateLimited",
    "RealtimeError",
    "Reply",
    "RoomFull",
    "Send",
    "ServerFrame",
    "Session",
    "SessionState",
    "Since",
    "SlowMode",
    "Subscribe",
    "TokenBucket",
    "TooLarge",
    "Unauthenticated",
    "Unavailable",
    "UnknownOp",
    "Unsubscribe",
    "UnsubscribeCode",
    "Unsubscribed",
    "User",
    "decode",
    "decode_data",
    "decode_server",
    "encode",
    "encode_event",
    "encoding_of",
    "error_for",
    "may_reconnect",
    "negotiated",
]
