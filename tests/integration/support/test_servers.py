"""The servers of the test kit themselves: they start, can be stalled and stopped, and leave nothing behind."""

from __future__ import annotations

import time
import urllib.request

import psycopg
import pytest
import redis

from tests.support.processes import RUNNING, refuses


def test_redis_answers_and_is_empty_after_a_restart(start_redis):
    server = start_redis()
    with redis.Redis.from_url(server.url) as client:
        client.set("name", "value")
    server.stop()
    assert not server.running
    server.run()
    with redis.Redis.from_url(server.url) as client:
        assert client.get("name") is None


def test_a_frozen_redis_does_not_answer_until_it_is_thawed(start_redis):
    server = start_redis()
    server.freeze()
    with redis.Redis.from_url(server.url, socket_timeout=0.2, retry=None) as client, pytest.raises(redis.TimeoutError):
        client.ping()
    server.thaw()
    with redis.Redis.from_url(server.url) as client:
        assert client.ping()


def test_postgresql_keeps_its_data_over_a_restart(start_postgres):
    server = start_postgres()
    with psycopg.connect(server.url("chorus"), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (name text)")
    server.stop()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.url("chorus"), connect_timeout=1)
    server.run()
    with psycopg.connect(server.url("chorus")) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_each_postgresql_database_is_migrated_and_its_own(postgres_url, databases):
    other = databases.postgres()
    with psycopg.connect(postgres_url) as connection:
        connection.execute("DELETE FROM django_migrations")
    with psycopg.connect(other) as connection:
        (count,) = connection.execute("SELECT count(*) FROM django_migrations").fetchone()
    assert count > 0


def test_chorus_answers_in_every_shape(chorus):
    with urllib.request.urlopen(f"{chorus.url}/healthz", timeout=5) as response:
        assert response.status == 200


def test_commands_run_on_the_servers_own_database(chorus):
    code = "from django.db import connection as c; print(c.vendor, c.settings_dict['NAME'])"
    vendor, name = chorus.manage("shell", "--verbosity", "0", "-c", code).split()
    assert vendor == ("postgresql" if chorus.shape.shared else "sqlite")
    assert chorus.variables["DATABASE_URL"].endswith(name)


def test_a_server_that_cannot_start_says_why(start_chorus):
    with pytest.raises(RuntimeError, match="DATABASE_URL cannot be used"):
        start_chorus(DATABASE_URL="mysql://nowhere/x")


def test_a_killed_server_takes_its_workers_along(start_chorus):
    server = start_chorus("cluster")
    server.kill()
    # The workers hold the listening socket, so nobody is left once it refuses.
    deadline = time.monotonic() + 5
    while not refuses(server.port):
        assert time.monotonic() < deadline
    assert server not in RUNNING
