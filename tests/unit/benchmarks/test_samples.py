"""What several measurements come to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.sample import VOID, Sample, medians, slope
from tests.unit.benchmarks.builders import results, sample


def test_the_median_is_over_what_counts():
    samples = [
        sample(p99_ms=10.0),
        sample(p99_ms=30.0, round_=2),
        sample(p99_ms=11.0, round_=3),
        sample(p99_ms=1.0, round_=4, faults=["incomplete"]),
        sample(p99_ms=2.0, round_=5, faults=[f"{VOID}too busy"]),
        sample(system="ws", p99_ms=70.0),
    ]
    assert medians(samples) == {"chorus": {"p99_ms": 11.0}, "ws": {"p99_ms": 70.0}}


def test_a_system_of_which_nothing_counts_has_no_median():
    assert medians([sample(faults=["failed"], p99_ms=1.0)]) == {}


def test_a_figure_that_is_not_in_every_sample_is_the_median_of_those_it_is_in():
    assert medians([sample(a=1.0), sample(b=5.0), sample(a=3.0)]) == {"chorus": {"a": 2.0, "b": 5.0}}


def test_what_is_void_is_not_the_systems_fault():
    assert not sample(faults=[f"{VOID}too busy"]).failed
    assert sample(faults=[f"{VOID}too busy", "incomplete"]).failed
    assert not sample().failed
    assert sample().valid


def test_a_sample_survives_being_written():
    written = sample(notes=["a note"], faults=["a fault"], series={"curve": [(1.0, 2.0)]}, rate=3.0)
    read = Sample.from_json(written.to_json())
    assert read.to_json() == written.to_json()
    assert (read.case, read.system, read.round, read.finding.figures) == ("room-100k", "chorus", 1, {"rate": 3.0})


def test_results_survive_being_written(tmp_path):
    path = tmp_path / "report.json"
    made = results(sample(rate=1.5), versions={"ws": {"Node.js": "20.1.0"}}, rounds=3)
    made.save(path)
    read = type(made).load(path)
    read.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_text() == path.read_text()
    assert read.medians_of("room-100k") == {"chorus": {"rate": 1.5}}


@given(st.floats(-2, 2), st.floats(0.01, 100))
def test_the_slope_of_a_power_is_its_exponent(exponent, factor):
    points = [(x, factor * x**exponent) for x in (50.0, 150.0, 500.0, 5_000.0)]
    assert slope(points) == pytest.approx(exponent, abs=1e-6)
