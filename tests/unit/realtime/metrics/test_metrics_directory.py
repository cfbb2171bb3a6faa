"""Where workers count."""

from __future__ import annotations

import shutil

import pytest

from realtime.metrics.directory import MetricsDirectory


@pytest.fixture
def directory(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return MetricsDirectory()


def test_it_is_new_empty_its_owners_alone_and_gone_at_the_end(directory):
    other = MetricsDirectory()
    assert directory.path != other.path
    assert list(directory.path.iterdir()) == []
    assert directory.path.stat().st_mode & 0o777 == 0o700
    directory.remove()
    assert not directory.path.exists()
    assert other.path.exists()


def test_what_a_killed_server_left_behind_is_removed_by_the_next_and_what_is_used_is_not(directory, tmp_path):
    for name in ("chorus-metrics-left", "somebody-elses"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "counter_7.db").touch()
    (tmp_path / "chorus-metrics-file").touch()
    (tmp_path / "chorus-metrics-link").symlink_to(tmp_path / "somebody-elses")
    other = MetricsDirectory()
    assert not (tmp_path / "chorus-metrics-left").exists()
    assert (tmp_path / "somebody-elses" / "counter_7.db").exists()
    assert directory.path.exists()
    assert other.path.exists()


def test_workers_are_told_of_it_beside_the_variables_there_are(directory, monkeypatch):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "/somebody/elses")
    monkeypatch.setenv("LEFT_AS_IT_IS", "1")
    environment = directory.environment()
    assert environment["PROMETHEUS_MULTIPROC_DIR"] == str(directory.path)
    assert environment["LEFT_AS_IT_IS"] == "1"


def test_it_is_made_again_for_a_new_worker_where_it_was_tidied_away(directory):
    shutil.rmtree(directory.path)
    assert directory.environment()
    assert directory.path.is_dir()
    directory.ended(1)
    MetricsDirectory()
    assert directory.path.is_dir()


def test_of_a_worker_that_ended_what_lived_with_it_goes_and_what_it_counted_stays(directory):
    for name in ("gauge_livesum_7.db", "gauge_livesum_77.db", "counter_7.db"):
        (directory.path / name).touch()
    directory.ended(7)
    assert {path.name for path in directory.path.iterdir()} == {"gauge_livesum_77.db", "counter_7.db"}
