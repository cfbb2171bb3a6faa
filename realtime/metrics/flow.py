"""What the tally holds, as Prometheus's metrics: `move` brings there what is new, once a second (realtime.sampling)."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import Counter, Histogram

from realtime.metrics.added import add_counts
from realtime.metrics.registry import registry
from realtime.metrics.sample import BOUNDS_S
from realtime.metrics.tally import COUNTED, SIZES, tally

__all__ = ["move"]


def _counter(name: str, text: str) -> Counter:
    return Counter(f"chorus_{name}_total", text, registry=registry)


def _histogram(name: str, text: str, bounds: Sequence[float] = BOUNDS_S) -> Histogram:
    return Histogram(f"chorus_{name}", text, buckets=bounds, registry=registry)


_recoveries = Counter(
    "chorus_recoveries_total",
    "Subscriptions that asked for what they had missed, by what they got.",
    ["result"],
    registry=registry,
)
_counters = {
    "frames_in": _counter("frames_in", "Messages that clients sent."),
    "bytes_in": _counter("bytes_in", "Bytes of messages that clients sent."),
    "frames_out": _counter("frames_out", "Messages that were written to sockets: deliveries, replies and the rest."),
    "bytes_out": _counter("bytes_out", "Bytes that were written to sockets."),
    "deliveries": _counter("deliveries", "Events times the sockets they were written to."),
    "subscribes": _counter("subscribes", "Subscriptions that were granted."),
    "recoveries": _recoveries.labels("recovered"),
    "snapshots_instead": _recoveries.labels("snapshot"),
    "healed": _counter("healed", "Events that were read from the database because the wire had lost them."),
    "slow_consumers": _counter("slow_consumers", "Connections that were closed because they did not read."),
    "broker_reconnects": _counter("broker_reconnects", "How often the broker was back after it had been away."),
    "publish_failures": _counter("publish_failures", "Publications that the broker did not take in time."),
    "commits": _counter("commits", "Transactions of the group-commit writers."),
    "changes": _counter("changes", "Changes that these transactions wrote."),
    "collisions": _counter("collisions", "Transactions that were run again, because another was in the way."),
}
_histograms = {
    "handshake": _histogram("handshake_seconds", "From a connection's coming to its hello."),
    "recovery": _histogram("recovery_seconds", "From a subscription with `since` to its reply."),
    "fanout": _histogram("fanout_seconds", "From the beginning of one flush of a stream to its last socket."),
    "delivery": _histogram("delivery_seconds", "From a publication, in whichever process, to the last socket here."),
    "ack": _histogram("ack_seconds", "From a `send` whose effect has to be durable to its reply."),
    "commit": _histogram("commit_seconds", "What one transaction of a group-commit writer takes."),
    "batch": _histogram("commit_changes", "Changes in one transaction of a group-commit writer.", SIZES),
    "lag": _histogram("loop_lag_seconds", "How much later than it should the event loop woke, 20 times a second."),
}
_moved_counts = dict.fromkeys(COUNTED, 0)
_moved = {name: ([0] * len(getattr(tally, name).counts), 0.0) for name in _histograms}


def move() -> None:
    """Count what was tallied since the last call. On the loop that tallies."""
    for name, counter in _counters.items():
        now = getattr(tally, name)
        if new := now - _moved_counts[name]:
            counter.inc(new)
            _moved_counts[name] = now
    for name, histogram in _histograms.items():
        spread, (counts, total) = getattr(tally, name), _moved[name]
        if spread.counts != counts:
            new_counts = [now - before for now, before in zip(spread.counts, counts, strict=True)]
            add_counts(histogram, new_counts, spread.total - total)
            _moved[name] = list(spread.counts), spread.total
