"""What is so at the moment. Set once a second from a sample; the features set their own."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

from realtime.metrics.process import STARTED_AT, cpu_s, version
from realtime.metrics.registry import registry
from realtime.metrics.sample import Sample

__all__ = ["presence_is", "show"]


def _gauge(name: str, text: str, mode: str = "livesum") -> Gauge:
    # Any of prometheus_client's modes; it checks them itself.
    return Gauge(f"chorus_{name}", text, multiprocess_mode=mode, registry=registry)  # type: ignore[arg-type]


_unsent = _gauge("unsent_bytes", "Bytes that wait for readers who have not taken them yet.")
_lagging = _gauge("lagging_readers", "Readers of states that are passed by until they have caught up.")
_waiting = _gauge("changes_waiting", "Changes that wait for the writer.")
_lag = _gauge("loop_lag_max_seconds", "The longest delay of an event loop in the last second.", "livemax")
_database = _gauge("database_seconds", "The last round trip to the database that was answered.", "livemax")
_database_away = _gauge("database_away", "Processes whose database did not answer when it was last asked.")
_broker = _gauge("broker_seconds", "What the broker took for the last publication that it took.", "livemax")
_degraded = _gauge("broker_degraded", "Processes whose broker is away.")
_users = _gauge("presence_users", "Users who are present on the site, in all processes.", "livemax")
_joined = _gauge("presence_connections", "Connections whose users are present.")
_workers = _gauge("workers", "Server processes.")
_resident = _gauge("process_resident_bytes", "Resident memory of the server processes.")
_started = _gauge("process_start_time_seconds", "When the youngest server process started.", "livemax")
_cpu = Counter(
    "chorus_process_cpu_seconds_total", "Seconds that server processes spent on processors.", registry=registry
)
_build = Gauge(
    "chorus_build_info",
    "1, and the version of Chorus.",
    ["version"],
    multiprocess_mode="livemax",
    registry=registry,
).labels(version())
_counted_cpu_s = 0.0


def show(sample: Sample, *, database_away: bool) -> None:
    """Set all that a sample says. Without one a process is no server, and its gauges are 0."""
    global _counted_cpu_s  # noqa: PLW0603 - one process, one clock
    _unsent.set(sample.unsent_bytes)
    _lagging.set(sample.lagging)
    _waiting.set(sample.waiting)
    _lag.set(sample.lag_s)
    if sample.database_s is not None:
        _database.set(sample.database_s)
    if sample.broker_s is not None:
        _broker.set(sample.broker_s)
    _database_away.set(database_away)
    _degraded.set(sample.broker == "degraded")
    _workers.set(1)
    _resident.set(sample.memory_bytes)
    _started.set(STARTED_AT)
    _build.set(1)
    now = cpu_s()
    _cpu.inc(now - _counted_cpu_s)
    _counted_cpu_s = now


def presence_is(users: int, connections: int) -> None:
    """So many users are present on the site, and so many connections of this process are there for theirs."""
    _users.set(users)
    _joined.set(connections)
