"""What a client raises beside the server's refusals; with the first two the outcome is unknown.

RealtimeError
├── Disconnected           the connection ended before the answer
├── NoAnswer               none came in time
├── SubscriptionEnded      the server ended the subscription: kicked, banned, removed, gone
└── ClientClosed           told not to come back, or stopped
"""

# ruff: noqa: N818 - named as in realtime.protocol.errors: by what happened.

from realtime.client.states import Status
from realtime.protocol.errors import RealtimeError

__all__ = ["ClientClosed", "Disconnected", "NoAnswer", "SubscriptionEnded"]


class Disconnected(RealtimeError):
    """There is no connection, or it ended before the answer came."""

    retryable = True
    default_message = "The connection is gone; whether the request had an effect is unknown."

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.wire_code = "disconnected"


class NoAnswer(RealtimeError):
    """The server did not answer in time."""

    retryable = True
    default_message = "No answer came in time; whether the request had an effect is unknown."

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.wire_code = "timeout"


class SubscriptionEnded(RealtimeError):
    """The server ended the subscription; `wire_code` is an UnsubscribeCode, or one from the future."""

    def __init__(self, wire_code: str, message: str) -> None:
        super().__init__(message)
        self.wire_code = wire_code


class ClientClosed(RealtimeError):
    """The client rests and will not come back by itself; `status` says why."""

    def __init__(self, status: Status) -> None:
        code = "" if status.code is None else f", close code {status.code}"
        super().__init__(f"The client is {status.state}: {status.reason}{code}.")
        self.wire_code = "closed"
        self.status = status
