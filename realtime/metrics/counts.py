"""Every metric of the engine, and the functions that count.

Labels take few values, all of them known here: each gets its counter at import, so that it reads 0 before it
first happens and counting is a look into a dict. Names, values and help texts stand in docs/reference/metrics.md
too, and a test compares them.
"""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import Counter, Gauge

from realtime.metrics.registry import registry
from realtime.protocol.codes import CloseCode, ErrorCode
from realtime.protocol.errors import ConnectionRefused, RealtimeError
from realtime.protocol.limits import LimitName

__all__ = ["connection_closed", "connection_opened", "connection_refused", "limit_hit", "request_refused"]

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


def _children(family: Counter, values: Iterable[str]) -> dict[str, Counter]:
    return {value: family.labels(value) for value in values}


_open = Gauge(
    "chorus_connections_open",
    "WebSocket connections that are open now.",
    multiprocess_mode="livesum",
    registry=registry,
)
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


def connection_opened() -> None:
    """A connection is about to get its hello."""
    _open.inc()


def connection_closed(code: int | None) -> None:
    """A connection that was opened is gone. code: what it was closed with; None if nothing is known."""
    _open.dec()
    _closed.get(str(int(code or NO_CODE)), _closed[OTHER]).inc()


def connection_refused(why: ConnectionRefused | RealtimeError) -> None:
    """A connection was turned away before it was opened."""
    if isinstance(why, RealtimeError):
        _refused[UNAVAILABLE].inc()
        return
    limit_hit(why.limit)
    _refused[why.limit or REASONS.get(why.close_code, OTHER)].inc()


def request_refused(error: RealtimeError) -> None:
    """A request was answered with an error."""
    _requests_refused[error.code].inc()
    limit_hit(error.limit)


def limit_hit(limit: LimitName | None) -> None:
    """A client ran into a limit; None: it was something else."""
    if limit is not None:
        _limits[limit].inc()
