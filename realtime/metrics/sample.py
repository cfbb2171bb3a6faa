"""What one process was like over the last second, and what its delays come to. Plain data, pure functions.

Taken by realtime.sampling once a second; whoever wants to show it listens there. Samples travel between processes
of one cluster as they are, so a field that is added has a default.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

__all__ = ["BOUNDS_S", "Sample", "quantile"]

# Fine where the promises lie (docs/explanation/performance.md): the error of a quantile is at most one step.
BOUNDS_S: tuple[float, ...] = (
    *(0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075),
    *(0.01, 0.015, 0.02, 0.03, 0.05, 0.075),
    *(0.1, 0.15, 0.2, 0.3, 0.5, 0.75),
    *(1.0, 2.0, 5.0, 10.0),
)
"""Upper bounds of the buckets that delays are counted in, in seconds. One more bucket holds what is longer."""


class Sample(msgspec.Struct, frozen=True):
    """One process over the `span_s` seconds before `at`.

    process: its name on the wire. version: of Chorus. started_at, at: wall clock, seconds. cpu: share of one core.
    memory_bytes: resident. lag_s: the longest that the event loop kept something waiting. connections: open sockets;
    users: distinct ones on them. unsent_bytes: queued for readers. waiting: changes that wait for the writer.
    lagging: readers of states that are passed by. database_s, broker_s: the latest round trip; None: no answer, or
    nobody to ask. broker: `none`, `ok` or `degraded`. counts: what happened in the span, by name (COUNTED).
    errors: requests refused in the span, by code. delays: `delivery` (publication to socket), `ack` (send to reply),
    `fanout` (one flush) and `commit`, as counts by bucket of BOUNDS_S.
    """

    process: str
    pid: int
    host: str
    version: str
    started_at: float
    at: float
    span_s: float
    cpu: float
    memory_bytes: int
    lag_s: float
    connections: int
    users: int
    unsent_bytes: int
    waiting: int
    lagging: int
    database_s: float | None
    broker_s: float | None
    broker: str
    counts: dict[str, int]
    errors: dict[str, int]
    delays: dict[str, list[int]]


def quantile(counts: Sequence[int], q: float) -> float | None:
    """The delay, in seconds, that a share `q` of what was counted by BOUNDS_S does not exceed; None of nothing.

    Interpolated within its bucket, as Prometheus does; in the last one, which is open, it is its lower bound.
    """
    rank = q * sum(counts)
    if not rank:
        return None if not any(counts) else 0.0
    below, low = 0, 0.0
    for count, high in zip(counts, BOUNDS_S, strict=False):
        if count and below + count >= rank:
            return low + (high - low) * (rank - below) / count
        below, low = below + count, high
    return BOUNDS_S[-1]
