"""`make bench`, very small: twenty clients, a second each, on real servers; and what an interrupted run leaves."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import __main__ as bench
from benchmarks.case import Case
from benchmarks.cases import CASES
from benchmarks.cases.room_100k import ROOM_100K
from benchmarks.cases.steady import Steady
from benchmarks.rounds import Plan
from benchmarks.sample import VOID
from benchmarks.stage import Setting
from benchmarks.systems import Crowd
from tests.support.processes import RUNNING

SYSTEMS = ("chorus", "socketio-redis", "channels-uvicorn-memory")
CLIENTS, PER_S = 20, 10.0


@pytest.fixture
def tiny(monkeypatch) -> Case:
    """A case by the name of a real one, so that reports know it."""
    measure = Steady(Setting(Crowd(CLIENTS, 2)), PER_S, length_s=1.0)
    case = replace(ROOM_100K, measure=measure, systems=SYSTEMS)
    monkeypatch.setitem(CASES, case.name, case)
    return case


def figures_of(path: Path) -> dict[str, dict[str, float]]:
    return {sample["system"]: sample["finding"]["figures"] for sample in json.loads(path.read_text())["samples"]}


def test_a_run_measures_every_system_and_writes_its_report(tiny, tmp_path, capsys):
    before = list(RUNNING)
    results = bench.measure(Plan([tiny], 1, blocks=((tiny,),)), tmp_path / "report")
    # Who else runs on this machine may make a run void; the servers themselves have nothing wrong.
    assert [fault for sample in results.samples for fault in sample.finding.faults if VOID not in fault] == []
    found = figures_of(tmp_path / "report.json")
    assert set(found) == set(SYSTEMS)
    for name, figures in found.items():
        assert figures["cpu_us"] > 0, name
        assert 0 < figures["p50_ms"] <= figures["p99_ms"], name
        assert figures["bytes"] > 64, name
    assert found["chorus"]["postgresql_us"] > found["socketio-redis"]["postgresql_us"]
    assert (tmp_path / "report.svg").read_text().startswith("<svg")
    page = (tmp_path / "report.md").read_text()
    assert "PostgreSQL" in page
    assert all(system in results.versions for system in SYSTEMS)
    assert "room-100k, chorus" in capsys.readouterr().out
    assert before == RUNNING


def test_an_interrupted_run_keeps_what_it_has_and_leaves_nothing_running(tiny, tmp_path, monkeypatch):
    def interrupt(sample):
        raise KeyboardInterrupt

    monkeypatch.setattr(bench, "line", interrupt)
    before = list(RUNNING)
    with pytest.raises(KeyboardInterrupt):
        bench.measure(Plan([tiny], 1, ["channels-uvicorn-memory"], blocks=((tiny,),)), tmp_path / "report")
    assert before == RUNNING
    assert list(figures_of(tmp_path / "report.json")) == ["channels-uvicorn-memory"]
    assert "interrupted" in (tmp_path / "report.md").read_text()
