"""What happened in this process, counted for Prometheus: `GET /metrics`.

Low in the engine: hub, consumers and server count here, so it knows none of them, only the protocol's codes and
the settings. Nothing is counted per delivery, and nothing often takes a lock: what is rare finds its counter ready
made, all else is a plain addition that is moved there once a second.

    counts.py     what is rare: connections, refusals, limits
    tally.py      what is not: frames, deliveries, commits, delays; plain numbers
    flow.py       the tally as Prometheus's metrics
    gauges.py     what is so at the moment
    sample.py     one process over one second, and quantiles of its delays
    process.py    time on the processor, memory, version
    added.py      what prometheus_client has no call for
    registry.py   what was counted as text, by this process or by all workers of `serve`
    directory.py  where workers keep their numbers, for the process that starts them
    access.py     who may read
    views.py      the page

Samples are taken by realtime.sampling. Every metric is listed in docs/reference/metrics.md.
"""

from realtime.metrics.counts import (
    AuthFailure,
    auth_failed,
    connection_closed,
    connection_identified,
    connection_opened,
    connection_refused,
    limit_hit,
    request_refused,
)
from realtime.metrics.flow import move
from realtime.metrics.gauges import presence_is, show
from realtime.metrics.sample import BOUNDS_S, Sample, quantile
from realtime.metrics.tally import tally

__all__ = [
    "BOUNDS_S",
    "AuthFailure",
    "Sample",
    "auth_failed",
    "connection_closed",
    "connection_identified",
    "connection_opened",
    "connection_refused",
    "limit_hit",
    "move",
    "presence_is",
    "quantile",
    "request_refused",
    "show",
    "tally",
]
