"""The figures that most cases share, and how a run of load becomes them."""

from __future__ import annotations

from benchmarks.case import Figure
from benchmarks.stage import Load

__all__ = ["COSTS", "LATENCIES", "P50", "P99", "load_figures"]

P50 = Figure("p50_ms", "p50", "ms")
P99 = Figure("p99_ms", "p99", "ms")
LATENCIES = (P99, P50)
COSTS = (
    Figure("cpu_us", "server's CPU per delivery", "µs", digits=2),
    Figure("postgresql_us", "PostgreSQL's", "µs", digits=2),
    Figure("redis_us", "Redis'", "µs", digits=2),
    Figure("server_core", "server's core busy", "%", digits=0),
    Figure("load_core", "load's core busy", "%", digits=0),
    Figure("load_us", "load engine's CPU per delivery", "µs", digits=2),
    Figure("bytes", "received per delivery", "bytes", digits=0),
)


def load_figures(load: Load) -> dict[str, float]:
    """What one run says in the figures above."""
    usage = load.usage
    return {
        "p50_ms": load.p50_ms,
        "p99_ms": load.p99_ms,
        "cpu_us": load.per_delivery_us(usage.server_s),
        "postgresql_us": load.per_delivery_us(usage.postgresql_s),
        "redis_us": load.per_delivery_us(usage.redis_s),
        "server_core": usage.server_core * 100,
        "load_core": usage.load_core * 100,
        "load_us": load.per_delivery_us(load.outcome.cpu_s),
        "bytes": load.outcome.bytes_in / max(load.outcome.deliveries, 1),
    }
