"""Every code of the wire in one file: ops, error codes, close codes, reasons to be unsubscribed.

Knows nothing but the names. static/realtime/codes.js is its copy for browsers, held to this file
by a test. Page: docs/reference/protocol.md.
"""

from enum import IntEnum, StrEnum

__all__ = ["CloseCode", "ErrorCode", "Op", "UnsubscribeCode", "may_reconnect"]


class Op(StrEnum):
    """What a frame does. The first five come from clients, the others from the server."""

    AUTH = "auth"
    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    SEND = "send"
    PING = "ping"
    HELLO = "hello"
    REPLY = "reply"
    ERROR = "error"
    EVENT = "event"
    UNSUBSCRIBED = "unsubscribed"
    PONG = "pong"


class ErrorCode(StrEnum):
    """Why one request was refused. The connection lives on."""

    BAD_FRAME = "bad_frame"
    UNKNOWN_OP = "unknown_op"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    NOT_SUBSCRIBED = "not_subscribed"
    INVALID = "invalid"
    TOO_LARGE = "too_large"
    RATE_LIMITED = "rate_limited"
    MUTED = "muted"
    SLOW_MODE = "slow_mode"
    ROOM_FULL = "room_full"
    CONFLICT = "conflict"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


class UnsubscribeCode(StrEnum):
    """Why the server ended one subscription."""

    KICKED = "kicked"
    BANNED = "banned"
    REMOVED = "removed"
    GONE = "gone"


class CloseCode(IntEnum):
    """Why the server closed the connection: below 4500 a client comes back, from 4500 it stays away."""

    TOO_LARGE = 1009
    SHUTTING_DOWN = 4000
    TRY_LATER = 4001
    SLOW_CONSUMER = 4008
    HEARTBEAT_MISSED = 4009
    TOKEN_EXPIRED = 4010
    AUTH_FAILED = 4500
    AUTH_TIMEOUT = 4501
    BANNED = 4503
    REPLACED = 4504
    PROTOCOL_ABUSE = 4508
    ORIGIN_REFUSED = 4509


def may_reconnect(code: int) -> bool:
    """Whether a client comes back by itself after this close code.

    Codes the protocol does not list (1000, 1002, proxies' own) count as an accident of the network,
    so the answer is yes: a client that stays away for no stated reason helps nobody.
    """
    return not 4500 <= code <= 4999
