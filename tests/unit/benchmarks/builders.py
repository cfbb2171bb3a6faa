"""Samples, runs and results as tests want them."""

from __future__ import annotations

from benchmarks.machine import Machine
from benchmarks.results import Results
from benchmarks.sample import Finding, Sample
from benchmarks.stage import Load, Usage
from loadtest.engine import Outcome
from loadtest.histogram import BUCKETS, Histogram

MACHINE = Machine("A Processor", 2, 7.8, "Linux 6.1", {"PostgreSQL": "15.8", "Redis": "7.0.15"})


def sample(case="room-100k", system="chorus", *, round_=1, faults=(), notes=(), series=None, **figures) -> Sample:
    return Sample(case, system, round_, Finding(figures, series or {}, faults, notes))


def results(*samples: Sample, **changes) -> Results:
    made = Results("2026-03-01T09:30:00Z", MACHINE, 1, quick=False, samples=list(samples), ended=True)
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def histogram(**buckets: int) -> Histogram:
    """So many values in the bucket of so many 2^n nanoseconds: `histogram(n20=3)`."""
    counts = [0] * BUCKETS
    for name, count in buckets.items():
        counts[(int(name[1:]) - 10) * 64] = count
    return Histogram(counts)


def load(*, load_core=0.5, last_sent_s=1.0, wants_replies=True, **changes) -> Load:
    """A good run of ten messages to ten members, changed."""
    outcome = {
        "sent": 10,
        "deliveries": 100,
        "expected": 100,
        "missing": 0,
        "doubled": 0,
        "disordered": 0,
        "strays": 0,
        "acknowledged": 10,
        "refused": 0,
        "closed": 0,
        "first_error": "",
        "took_s": 1.1,
        "last_delivery_s": 1.05,
        "cpu_s": 0.001,
        "bytes_in": 20_000,
        "bytes_out": 500,
        "reads": 100,
        "latency": histogram(n20=100),
        "acks": histogram(n20=10),
        "last_s": [0.001] * 10,
    }
    usage = Usage(1.1, server_s=0.002, postgresql_s=0.001, redis_s=0.0, server_core=0.3, load_core=load_core)
    return Load(Outcome(**{**outcome, **changes}), usage, last_sent_s, wants_replies)
