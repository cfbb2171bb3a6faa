"""What happened in this process, counted for Prometheus: `GET /metrics`.

Low in the engine: hub, consumers and server count here, so it knows none of them, only the protocol's codes and
the settings. Nothing is counted per delivery; what is counted is rare, and finds its counter ready made.

    counts.py     every metric there is, and the functions that count
    registry.py   what was counted as text, by this process or by all workers of `serve`
    directory.py  where workers keep their numbers, for the process that starts them
    access.py     who may read
    views.py      the page

Every metric is listed in docs/reference/metrics.md.
"""

from realtime.metrics.counts import (
    connection_closed,
    connection_opened,
    connection_refused,
    limit_hit,
    request_refused,
)

__all__ = [
    "connection_closed",
    "connection_opened",
    "connection_refused",
    "limit_hit",
    "request_refused",
]
