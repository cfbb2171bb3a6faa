"""What one connection may use, and how use is counted. Knows no clock: the time is an argument."""

from enum import StrEnum
from math import ceil, isfinite

import msgspec

__all__ = ["LimitName", "Limits", "TokenBucket", "retry_after"]

# Whoever waits exactly as long as told must not fail by the last bit of a float.
_ROUNDING = 1e-9


class LimitName(StrEnum):
    """Every limit that one client can run into, called as its setting is; what is counted of them bears these names.

    An error that comes of a limit carries it as `limit`. It is not on the wire.
    """

    CONNECTIONS_MAX = "connections_max"
    CONNECTS_PER_S = "connects_per_s"
    CONNECTS_PER_ADDRESS_PER_S = "connects_per_address_per_s"
    CONNECTIONS_PER_USER = "connections_per_user"
    HANDSHAKE_WITHIN_S = "handshake_within_s"
    AUTH_WITHIN_S = "auth_within_s"
    MESSAGE_BYTES_MAX = "message_bytes_max"
    FRAME_BYTES = "frame_bytes"
    BAD_FRAMES = "bad_frames"
    REQUESTS_PER_S = "requests_per_s"
    # Requests over the rate, so many that the connection is closed.
    REQUESTS_FLOOD = "requests_flood"
    # Requests to one topic that wait for those before them.
    REQUESTS_WAITING = "requests_waiting"
    TOPICS_PER_CONNECTION = "topics_per_connection"
    SUBSCRIBES_PER_S = "subscribes_per_s"
    POSTS_PER_S = "posts_per_s"
    BUDGET_BYTES = "budget_bytes"


class Limits(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The limits of one connection, with the defaults of docs/reference/protocol.md."""

    frame_bytes: int = 65_536
    topics: int = 100
    requests_per_s: float = 100.0
    burst: int = 200
    auth_within_s: float = 10.0
    heartbeat_s: float = 25.0
    # Abuse: more bad frames than this within the window, or requests over the rate that outnumber those
    # within it by more than `burst` times the factor, close the connection. Ten thousand topics asked for
    # in one go are a mistake that is told, not abuse.
    bad_frames: int = 50
    bad_window_s: float = 60.0
    refused_bursts: int = 100


class TokenBucket:
    """`burst` at once, `rate` per second in the long run. Full at the start."""

    __slots__ = ("_burst", "_rate", "_then", "_tokens")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = float(burst)
        self._then = now

    def drain(self, now: float, n: float) -> None:
        """Take `n` whether they are there or not: what was spent elsewhere. Never below an empty burst."""
        self.take(now, 0)
        self._tokens = max(-self._burst, self._tokens - n)

    def take(self, now: float, n: float = 1) -> float:
        """Take `n` and return 0.0, or take nothing and return the seconds until `n` will be there.

        A clock that steps back adds nothing. More than `burst` never fits: the answer is infinite.
        """
        elapsed = now - self._then
        if elapsed > 0:
            self._tokens = min(self._burst, self._tokens + elapsed * self._rate)
            self._then = now
        if self._tokens >= n - _ROUNDING:
            self._tokens -= n
            return 0.0
        if n > self._burst or self._rate <= 0:
            return float("inf")
        return (n - self._tokens) / self._rate


def retry_after(wait_s: float) -> float:
    """A bucket's answer as a client is told it: in milliseconds, and never less than it is."""
    return ceil(wait_s * 1_000) / 1_000 if isfinite(wait_s) else wait_s
