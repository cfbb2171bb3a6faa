"""What happens too often for Prometheus's own counters: plain numbers, added up where it happens.

A prometheus_client counter takes a lock and half a microsecond; here one is an addition. Once a second what is new
moves there (flow.py). The event loop alone writes: what other threads count is in counts.py. Nothing is counted
per delivery: a flush adds its whole audience at once.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from realtime.metrics.sample import BOUNDS_S

__all__ = ["COUNTED", "MEASURED", "SIZES", "Spread", "Tally", "tally"]

SIZES = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0)
"""Bounds of the buckets for how many changes one transaction wrote."""
COUNTED = (
    *("frames_in", "bytes_in", "frames_out", "bytes_out", "deliveries"),
    *("subscribes", "recoveries", "snapshots_instead"),
    *("healed", "slow_consumers", "broker_reconnects", "publish_failures"),
    *("commits", "changes", "collisions"),
)
MEASURED = ("handshake", "recovery", "fanout", "delivery", "ack", "commit", "batch", "lag")


class Spread:
    """How often each size came: `counts` by bucket of `bounds`, the last of them open, and the `total` of all."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float] = BOUNDS_S) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        """Count one. Below nothing is nothing: clocks of two machines may disagree."""
        if value < 0.0:  # noqa: PLR1730 - four times as fast as max()
            value = 0.0
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Tally:
    """Everything since the process began. One per process (`tally`).

    frames_in, bytes_in: messages of clients. frames_out, bytes_out: what was written to sockets, WebSocket headers
    and compression included. deliveries: events times the sockets they were written to, a part of frames_out.
    subscribes: that were granted. recoveries: that were told all they had missed; snapshots_instead: that asked for
    it and got a snapshot. healed: events that came from the database instead of the wire. commits: transactions of
    group-commit writers; changes: what they wrote; collisions: those run again because another was in the way.
    """

    __slots__ = (*COUNTED, *MEASURED)

    def __init__(self) -> None:
        self.frames_in = self.bytes_in = self.frames_out = self.bytes_out = self.deliveries = 0
        self.subscribes = self.recoveries = self.snapshots_instead = 0
        self.healed = self.slow_consumers = self.broker_reconnects = self.publish_failures = 0
        self.commits = self.changes = self.collisions = 0
        self.handshake, self.recovery, self.fanout, self.delivery = Spread(), Spread(), Spread(), Spread()
        self.ack, self.commit, self.batch, self.lag = Spread(), Spread(), Spread(SIZES), Spread()

    def delivered(self, events: int, sockets: int, size: int) -> None:
        """So many events were written to so many sockets, in `size` bytes for each socket."""
        deliveries = events * sockets
        self.deliveries += deliveries
        self.frames_out += deliveries
        self.bytes_out += size * sockets

    def committed(self, changes: int, seconds: float) -> None:
        """One transaction was durable after `seconds`."""
        self.commits += 1
        self.changes += changes
        self.batch.add(changes)
        self.commit.add(seconds)


tally = Tally()
