"""The errors a peer can be told, one class per code of the wire.

    RealtimeError                answered with an `error` frame; the connection lives on
    ├── BadFrame                 not a frame of this protocol
    ├── UnknownOp                a frame, but of no known op
    ├── Unauthenticated          `auth` has to come first
    ├── Forbidden                may be known of, may not be done
    ├── NotFound                 absent, or not for this user to know
    ├── NotSubscribed            `send` or `unsubscribe` without a subscription
    ├── Invalid                  a value is wrong; `field` names it
    ├── TooLarge                 the frame is over `frame_bytes`
    ├── RateLimited              too often; `retry_after_s` says when
    ├── Muted
    ├── SlowMode                 too soon in this room; `retry_after_s` says when
    ├── RoomFull
    ├── Conflict                 the key was used for something else
    ├── Unavailable              try again; the outcome may be unknown, the key settles it
    └── Internal                 a fault of the server
    ConnectionRefused            ends the connection with a close code

Knows neither the transport nor who raises. Page: docs/reference/protocol.md.
"""

# ruff: noqa: N818 - the classes carry the names of the codes; that the root ends in Error is enough.

from typing import ClassVar

from realtime.protocol.codes import CloseCode, ErrorCode
from realtime.protocol.frames import Error
from realtime.protocol.limits import LimitName

__all__ = [
    "BadFrame",
    "Conflict",
    "ConnectionRefused",
    "Forbidden",
    "Internal",
    "Invalid",
    "Muted",
    "NotFound",
    "NotSubscribed",
    "RateLimited",
    "RealtimeError",
    "RoomFull",
    "SlowMode",
    "TooLarge",
    "Unauthenticated",
    "Unavailable",
    "UnknownOp",
    "error_for",
]


class RealtimeError(Exception):
    """A refusal of one request.

    `retryable` says whether the very same request can succeed later without anybody changing it.
    `id` is the request's id where it could be read; the decoder sets it. `wire_code` is `code` as
    text, but for an error this version has no class for. `limit` names the limit it comes of, if one.
    """

    code: ClassVar[ErrorCode] = ErrorCode.INTERNAL
    retryable: bool = False
    default_message: ClassVar[str] = "Something went wrong on the server."

    def __init__(
        self,
        message: str = "",
        *,
        field: str | None = None,
        retry_after_s: float | None = None,
        limit: LimitName | None = None,
    ) -> None:
        self.message = message or self.default_message
        self.field = field
        self.retry_after_s = retry_after_s
        self.limit = limit
        self.id: int | None = None
        self.wire_code = self.code.value
        super().__init__(self.message)

    def as_frame(self, id: int | None = None) -> Error:
        """The `error` frame that tells this; `id` defaults to the one the decoder found."""
        return Error(
            code=self.wire_code,
            message=self.message,
            retryable=self.retryable,
            id=self.id if id is None else id,
            retry_after_s=self.retry_after_s,
            field=self.field,
        )


class BadFrame(RealtimeError):
    """Not JSON, not an object, or not the shape its op asks for; `field` where one is to blame."""

    code = ErrorCode.BAD_FRAME
    default_message = "This is not a frame of the protocol."


class UnknownOp(RealtimeError):
    """A well-formed frame of an op this version does not know."""

    code = ErrorCode.UNKNOWN_OP
    default_message = "There is no such op."


class Unauthenticated(RealtimeError):
    """The request needs a user and the connection has none yet."""

    code = ErrorCode.UNAUTHENTICATED
    default_message = "Authenticate first."


class Forbidden(RealtimeError):
    """The user may know of it and may not do it."""

    code = ErrorCode.FORBIDDEN
    default_message = "You may not do this."


class NotFound(RealtimeError):
    """Absent, or nothing this user may know of; the two look the same."""

    code = ErrorCode.NOT_FOUND
    default_message = "There is nothing here under this name."


class NotSubscribed(RealtimeError):
    """A `send` or `unsubscribe` on a topic without a subscription."""

    code = ErrorCode.NOT_SUBSCRIBED
    default_message = "Subscribe to the topic first."


class Invalid(RealtimeError):
    """A value of the right type is not acceptable; `field` names it."""

    code = ErrorCode.INVALID
    default_message = "A value is not valid."


class TooLarge(RealtimeError):
    """The frame is over the connection's `frame_bytes`."""

    code = ErrorCode.TOO_LARGE
    default_message = "The frame is too large."


class RateLimited(RealtimeError):
    """Too many requests; `retry_after_s` says when to come again."""

    code = ErrorCode.RATE_LIMITED
    retryable = True
    default_message = "Too many requests; wait a little."


class Muted(RealtimeError):
    """The user may read here and not write."""

    code = ErrorCode.MUTED
    default_message = "You are muted here."


class SlowMode(RealtimeError):
    """The room asks for a pause between posts; `retry_after_s` says how long it still is."""

    code = ErrorCode.SLOW_MODE
    retryable = True
    default_message = "Slow mode is on; wait a little."


class RoomFull(RealtimeError):
    """The room has as many members as it may have."""

    code = ErrorCode.ROOM_FULL
    default_message = "The room is full."


class Conflict(RealtimeError):
    """The idempotency key was used before with other content."""

    code = ErrorCode.CONFLICT
    default_message = "This key was used before for other content."


class Unavailable(RealtimeError):
    """A part of the service is away. The effect may have happened; a retry with the key settles it."""

    code = ErrorCode.UNAVAILABLE
    retryable = True
    default_message = "The service is unavailable for the moment; try again."


class Internal(RealtimeError):
    """A fault of the server. The effect did not happen, as far as it could tell."""

    code = ErrorCode.INTERNAL


class ConnectionRefused(Exception):
    """End this connection with `close_code`; `message` becomes the close reason. `limit`: which it comes of, if one."""

    def __init__(self, close_code: CloseCode, message: str = "", *, limit: LimitName | None = None) -> None:
        self.close_code = close_code
        self.message = message
        self.limit = limit
        super().__init__(message)


def error_for(frame: Error) -> RealtimeError:
    """The exception a client raises for an `error` frame it received.

    A code this version does not know becomes a plain RealtimeError; `retryable` is the server's word.
    """
    kind = _BY_CODE.get(frame.code, RealtimeError)
    error = kind(frame.message, field=frame.field, retry_after_s=frame.retry_after_s)
    error.retryable = frame.retryable
    error.id = frame.id
    error.wire_code = frame.code
    return error


_BY_CODE: dict[str, type[RealtimeError]] = {kind.code.value: kind for kind in RealtimeError.__subclasses__()}
