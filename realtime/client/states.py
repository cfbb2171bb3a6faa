"""The states of a client and the reasons for them; the browser client has the same under the same names."""

from enum import StrEnum

import msgspec

__all__ = ["ConnectionState", "End", "Reason", "Status", "SubscriptionState"]


class ConnectionState(StrEnum):
    """Where the client stands."""

    IDLE = "idle"  # not started, or stopped
    CONNECTING = "connecting"  # up to the end of authentication
    CONNECTED = "connected"
    WAITING = "waiting"  # between attempts
    OFFLINE = "offline"  # the same, and this machine has no network
    CLOSED = "closed"  # told not to come back; start() begins again


class Reason(StrEnum):
    """What led to a state."""

    STARTED = "started"
    STOPPED = "stopped"
    RETRY = "retry"  # the wait is over
    ASKED = "asked"  # retry_now()
    READY = "ready"  # greeted and authenticated
    LOST = "lost"  # the socket ended, or never opened
    NETWORK = "network"  # no route, no name
    NO_HELLO = "no_hello"
    HEARTBEAT_MISSED = "heartbeat_missed"
    PROTOCOL = "protocol"  # the other end does not speak it
    NO_TOKEN = "no_token"  # noqa: S105 - a name; the token source failed
    AUTH_FAILED = "auth_failed"
    AUTH_MISSING = "auth_missing"  # no session and no token
    USER_CHANGED = "user_changed"  # the server takes us for somebody else than before
    REFUSED = "refused"  # a close code that says not to come back
    BAD_URL = "bad_url"


class Status(msgspec.Struct, frozen=True):
    """The state, and how it came about. Times are of the client's clock; `code` is a close code."""

    state: ConnectionState
    previous: ConnectionState
    reason: Reason
    retry_at: float | None = None
    code: int | None = None


class End(msgspec.Struct, frozen=True):
    """Why one socket is over. `final`: do not come back; `at_once`: come back without a wait."""

    reason: Reason
    code: int | None = None
    retry_after_s: float | None = None
    final: bool = False
    at_once: bool = False


class SubscriptionState(StrEnum):
    """Where one subscription stands."""

    WAITING = "waiting"  # for the connection, or to try again
    SUBSCRIBING = "subscribing"
    LIVE = "live"
    FAILED = "failed"  # refused, or ended by the server; see `error`
    CLOSED = "closed"
