"""What happens seldom: connections that come, go or are turned away, errors and limits. Counted from any thread.

Labels take few values, all of them known here: each gets its counter at import, so that it reads 0 before it
first happens and counting is a look into a dict. Names, values and help texts of all metrics stand in
docs/reference/metrics.md too, and a test compares them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from prometheus_client import Counter, Gauge

from realtime.metrics.added import value_of
from realtime.metrics.registry import registry
from realtime.protocol.codes import CloseCode, ErrorCode
from realtime.protocol.errors import ConnectionRefused, RealtimeError
from realtime.protocol.limits import LimitName

__all__ = [
    "AuthFailure",
    "auth_failed",
    "connection_closed",
    "connection_identified",
    "connection_opened",
    "connection_refused",
    "limit_hit",
    "rare_counts",
    "refusals",
    "request_refused",
]

OTHER = "other"
NO_CODE = 1006  # RFC 6455, 7.4.1: nobody said goodbye
# What browsers, servers and proxies close with beside our own (RFC 6455, 7.4.1): gone, and faults of either side.
FOREIGN_CODES = (1000, 1001, 1002, 1003, 1005, NO_CODE, 1007, 1008, 1011, 1012, 1013)

REASONS = {
    CloseCode.SHUTTING_DOWN: "draining",
    CloseCode.ORIGIN_REFUSED: "origin",
    CloseCode.BANNED: "disabled",
}
UNAVAILABLE = "unavailable"
REFUSING_LIMITS = (LimitName.CONNECTIONS_MAX, LimitName.CONNECTS_PER_S, LimitName.CONNECTS_PER_ADDRESS_PER_S)


class AuthFailure(StrEnum):
    """Why somebody who said who they are was not believed, or nobody was said in time."""

    INVALID = "invalid"
    EXPIRED = "expired"
    OTHER_USER = "other_user"
    DISABLED = "disabled"
    UNAVAILABLE = "unavailable"
    TOO_LATE = "too_late"


def _children(family: Counter, values: Iterable[str]) -> dict[str, Counter]:
    return {value: family.labels(value) for value in values}


_open = Gauge(
    "chorus_connections_open",
    "WebSocket connections that are open now, by whether it is known who they are.",
    ["state"],
    multiprocess_mode="livesum",
    registry=registry,
)
_authenticated, _anonymous = _open.labels("authenticated"), _open.labels("anonymous")
_opened = Counter("chorus_connections_opened_total", "Connections that got their hello.", registry=registry)
_closed = _children(
    Counter(
        "chorus_connections_closed_total",
        "Connections that ended, by close code, whichever side gave it.",
        ["code"],
        registry=registry,
    ),
    [*(str(code) for code in sorted({*FOREIGN_CODES, *map(int, CloseCode)})), OTHER],
)
_refused = _children(
    Counter(
        "chorus_connections_refused_total",
        "Connections that were turned away before their hello.",
        ["reason"],
        registry=registry,
    ),
    [*REFUSING_LIMITS, *REASONS.values(), UNAVAILABLE, OTHER],
)
_auth_failures = _children(
    Counter(
        "chorus_auth_failures_total",
        "Tokens that were not taken on a socket, and sockets that brought none in time.",
        ["reason"],
        registry=registry,
    ),
    AuthFailure,
)
_requests_refused = _children(
    Counter(
        "chorus_requests_refused_total",
        "Frames that were answered with an error, by its code.",
        ["code"],
        registry=registry,
    ),
    ErrorCode,
)
_limits = _children(
    Counter(
        "chorus_limits_hit_total",
        "How often a client ran into a limit, by its name.",
        ["limit"],
        registry=registry,
    ),
    LimitName,
)


def connection_opened(*, known: bool) -> None:
    """A connection is about to get its hello. known: whether it is already known who it is."""
    _opened.inc()
    (_authenticated if known else _anonymous).inc()


def connection_identified() -> None:
    """An open connection has said who it is."""
    _anonymous.dec()
    _authenticated.inc()


def connection_closed(code: int | None, *, known: bool) -> None:
    """A connection that was opened is gone. code: what it was closed with; None if nothing is known."""
    (_authenticated if known else _anonymous).dec()
    _closed.get(str(int(code or NO_CODE)), _closed[OTHER]).inc()


def connection_refused(why: ConnectionRefused | RealtimeError) -> None:
    """A connection was turned away before it was opened."""
    if isinstance(why, RealtimeError):
        _refused[UNAVAILABLE].inc()
        return
    limit_hit(why.limit)
    _refused[why.limit or REASONS.get(why.close_code, OTHER)].inc()


def auth_failed(reason: AuthFailure) -> None:
    """A socket's token was not taken, or it brought none."""
    _auth_failures[reason].inc()


def request_refused(error: RealtimeError) -> None:
    """A request was answered with an error."""
    _requests_refused[error.code].inc()
    limit_hit(error.limit)


def limit_hit(limit: LimitName | None) -> None:
    """A client ran into a limit; None: it was something else."""
    if limit is not None:
        _limits[limit].inc()


def rare_counts() -> dict[str, int]:
    """What this process has counted here since it began, by the names of a Sample."""
    return {
        "connects": value_of(_opened),
        "closes": _sum(_closed),
        "refused": _sum(_refused),
        "limits": _sum(_limits),
    }


def refusals() -> dict[str, int]:
    """Requests this process has refused since it began, by code."""
    return {code: value_of(counter) for code, counter in _requests_refused.items()}


def _sum(counters: Mapping[str, Counter]) -> int:
    return sum(map(value_of, counters.values()))
