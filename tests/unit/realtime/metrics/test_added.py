"""The contract with prometheus_client: what we touch of its inside is still there, and means what it did."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram

from realtime.metrics.added import add_counts, value_of
from tests.support.chorus import ROOT

IN_FILES = """
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector
from realtime.metrics.added import add_counts, value_of
histogram = Histogram("h", "h", buckets=(1, 2), registry=None)
add_counts(histogram, [2, 0, 1], 9.5)
counter = Counter("c", "c", registry=None)
counter.inc(4)
assert value_of(counter) == 4
together = CollectorRegistry()
MultiProcessCollector(together)
print([together.get_sample_value("h_bucket", {"le": le}) for le in ("1.0", "2.0", "+Inf")],
      together.get_sample_value("h_count"), together.get_sample_value("h_sum"))
"""


def test_counts_that_are_added_are_what_observing_each_would_have_come_to():
    registry = CollectorRegistry()
    added = Histogram("added", "x", buckets=(1, 2), registry=registry)
    observed = Histogram("observed", "x", buckets=(1, 2), registry=registry)
    for size in (0.5, 1, 3):
        observed.observe(size)
    add_counts(added, [2, 0, 1], 4.5)
    for suffix, labels in (("_bucket", {"le": "1.0"}), ("_bucket", {"le": "+Inf"}), ("_count", {}), ("_sum", {})):
        values = [registry.get_sample_value(f"{name}{suffix}", labels) for name in ("added", "observed")]
        assert values[0] == values[1] is not None


def test_counts_for_other_buckets_are_refused():
    histogram = Histogram("refused", "x", buckets=(1, 2), registry=CollectorRegistry())
    with pytest.raises(ValueError, match="shorter"):
        add_counts(histogram, [1, 1], 1.0)


def test_a_counter_says_what_it_has_counted():
    counter = Counter("told", "x", ["code"], registry=CollectorRegistry()).labels("a")
    counter.inc(3)
    assert value_of(counter) == 3


def test_in_the_files_of_workers_it_is_the_same(tmp_path):
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    said = subprocess.run(
        [sys.executable, "-c", IN_FILES], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[2.0, 2.0, 3.0] 3.0 9.5"
