from __future__ import annotations

from pathlib import Path

import pytest

from config.databases import NOWHERE, database_from, sqlite_url
from config.environment import Environment


def test_postgresql_is_pooled_and_every_part_of_the_url_is_decoded():
    env = Environment({"DATABASE_URL": "postgresql://us%40er:p%2Fw@db.example:6543/na%20me?sslmode=require"})
    entry = database_from(env)
    assert env.problems == []
    assert (entry["USER"], entry["PASSWORD"], entry["NAME"]) == ("us@er", "p/w", "na me")
    assert (entry["HOST"], entry["PORT"]) == ("db.example", "6543")
    assert entry["OPTIONS"]["sslmode"] == "require"
    assert entry["OPTIONS"]["pool"]["max_size"] == 20


def test_sqlite_takes_its_write_lock_first_and_waits_for_it():
    entry = database_from(Environment({"DATABASE_URL": "sqlite:////data/db.sqlite3"}))
    assert entry["NAME"] == "/data/db.sqlite3"
    assert entry["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert entry["OPTIONS"]["timeout"] == 20
    assert "journal_mode=WAL" in entry["OPTIONS"]["init_command"]


@pytest.mark.parametrize("path", ["/plain/db", "/with space/db", "/100%/a+b?c#d/db"])
def test_any_path_survives_being_a_url(path):
    entry = database_from(Environment({"DATABASE_URL": sqlite_url(Path(path))}))
    assert entry["NAME"] == path


@pytest.mark.parametrize(
    "url", ["", "mysql://h/name", "postgresql://h", "sqlite://", "sqlite://:memory:", "sqlite:///relative", "h/name"]
)
def test_what_cannot_be_a_database_is_noted(url):
    env = Environment({"DATABASE_URL": url})
    assert database_from(env) is NOWHERE
    assert [problem.variable for problem in env.problems] == ["DATABASE_URL"]
