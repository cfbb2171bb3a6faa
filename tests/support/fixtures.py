"""Fixtures every test may ask for: `chorus` and `start_chorus`, `redis_url`, `postgres_url`, and servers of one's own.

`chorus` is shared by the whole run, in each of its shapes (`chorus_shapes` gives one of them), so tests on it use
rooms and users of their own. A test that stops, kills or configures servers takes a `start_…` fixture, whose servers
end with it.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest

from tests.support.chorus import SHAPES, ChorusServer, manage
from tests.support.postgres import PostgresServer
from tests.support.redis import RedisServer

__all__ = ["Databases", "StartChorus"]


class StartChorus(Protocol):
    """Starts Chorus in a shape, on a database of its own; `variables` are added to its environment."""

    def __call__(self, shape: str = "serve", *, workers: int | None = None, **variables: str) -> ChorusServer: ...


class Databases:
    """Migrated databases by the piece: each is a copy of one that was migrated once."""

    def __init__(self, folder: Path, server: Callable[[], PostgresServer]) -> None:
        self._folder = folder
        self._server = server
        self._names = (f"chorus_{number}" for number in itertools.count(1))
        self._sqlite_template: Path | None = None
        self._postgres_template: str | None = None

    def sqlite(self) -> str:
        """Give the URL of a new SQLite file."""
        if self._sqlite_template is None:
            template = self._folder / "template.sqlite3"
            migrate(f"sqlite:///{template}")
            # What is still in the write-ahead log would be missing from a copy.
            with contextlib.closing(sqlite3.connect(template)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._sqlite_template = template
        path = self._folder / f"{next(self._names)}.sqlite3"
        shutil.copy(self._sqlite_template, path)
        return f"sqlite:///{path}"

    def postgres(self) -> str:
        """Give the URL of a new PostgreSQL database."""
        server = self._server()
        if self._postgres_template is None:
            migrate(server.create("chorus_template"))
            self._postgres_template = "chorus_template"
        return server.create(next(self._names), self._postgres_template)


@pytest.fixture(scope="session")
def server_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the logs and SQLite files of this run stand; pytest keeps those of the last three runs."""
    return tmp_path_factory.mktemp("servers")


@pytest.fixture(scope="session")
def postgres_server(server_folder: Path) -> Iterator[PostgresServer]:
    with own_postgres(server_folder) as server:
        yield server


@pytest.fixture(scope="session")
def redis_server(server_folder: Path) -> Iterator[RedisServer]:
    with own_redis(server_folder) as server:
        yield server


@pytest.fixture(scope="session")
def redis_url(redis_server: RedisServer) -> str:
    return redis_server.url


@pytest.fixture(scope="session")
def databases(server_folder: Path, request: pytest.FixtureRequest) -> Databases:
    # PostgreSQL is started by the first test that needs one, not by the first that needs SQLite.
    return Databases(server_folder, lambda: request.getfixturevalue("postgres_server"))


@pytest.fixture
def postgres_url(databases: Databases) -> str:
    """A migrated PostgreSQL database of this test alone."""
    return databases.postgres()


@pytest.fixture
def start_redis(server_folder: Path) -> Iterator[Callable[..., RedisServer]]:
    """Starts a Redis that the test may stop, freeze and start again; with options of Redis' own."""
    with contextlib.ExitStack() as stack:
        yield lambda **options: stack.enter_context(own_redis(server_folder, **options))


@pytest.fixture
def start_postgres(server_folder: Path) -> Iterator[Callable[[], PostgresServer]]:
    """Starts a PostgreSQL that the test may stop, freeze and start again. Its database `chorus` is migrated."""

    def start() -> PostgresServer:
        server = stack.enter_context(own_postgres(server_folder))
        migrate(server.create("chorus"))
        return server

    with contextlib.ExitStack() as stack:
        yield start


@pytest.fixture(scope="session")
def chorus_shapes(
    request: pytest.FixtureRequest,
    databases: Databases,
    server_folder: Path,
    redis_server: RedisServer,
    postgres_server: PostgresServer,
) -> Iterator[Callable[[str], ChorusServer]]:
    """Gives the run's one server of a shape, started when it is first asked for.

    Redis and PostgreSQL stand above so that they end after it: without them a server takes long to end.
    """
    with contextlib.ExitStack() as stack:
        yield functools.cache(starter(stack, request, databases, server_folder))


@pytest.fixture(scope="session", params=list(SHAPES))
def chorus(request: pytest.FixtureRequest, chorus_shapes: Callable[[str], ChorusServer]) -> ChorusServer:
    """Chorus, shared by the run, once in every shape."""
    # Held by the fixture above: of one with parameters pytest keeps only the latest, and each file goes through all.
    return chorus_shapes(request.param)


@pytest.fixture
def start_chorus(request: pytest.FixtureRequest, databases: Databases, server_folder: Path) -> Iterator[StartChorus]:
    """Starts servers that end with the test."""
    with contextlib.ExitStack() as stack:
        yield starter(stack, request, databases, server_folder)


def starter(
    stack: contextlib.ExitStack, request: pytest.FixtureRequest, databases: Databases, folder: Path
) -> StartChorus:
    def start(shape: str = "serve", *, workers: int | None = None, **variables: str) -> ChorusServer:
        chosen = SHAPES[shape] if workers is None else replace(SHAPES[shape], workers=workers)
        given = {**server_variables(), **variables}
        if "DATABASE_URL" not in given:
            given["DATABASE_URL"] = databases.postgres() if chosen.shared else databases.sqlite()
        if "REDIS_URL" not in given:
            given["REDIS_URL"] = request.getfixturevalue("redis_url") if chosen.shared else ""
        server = ChorusServer(chosen, given, new_log(folder, f"chorus-{shape}"))
        stack.callback(lambda: server.running and server.stop())
        server.run()
        return server

    return start


@contextlib.contextmanager
def own_redis(folder: Path, **options: str) -> Iterator[RedisServer]:
    server = RedisServer(new_log(folder, "redis"), **options)
    try:
        server.run()
        yield server
    finally:
        # A frozen process hears nothing but this.
        server.kill()


@contextlib.contextmanager
def own_postgres(folder: Path) -> Iterator[PostgresServer]:
    server = PostgresServer(new_log(folder, "postgresql"))
    try:
        server.run()
        yield server
    finally:
        if server.running:
            server.thaw()
        server.remove()


def server_variables() -> dict[str, str]:
    return {"DJANGO_SETTINGS_MODULE": "config.settings.dev", "SECRET_KEY": SECRET_KEY, "LOG_LEVEL": "INFO"}


def migrate(url: str) -> None:
    manage({**server_variables(), "DATABASE_URL": url, "REDIS_URL": ""}, "migrate", "--verbosity", "0")


def new_log(folder: Path, name: str) -> Path:
    return folder / f"{name}-{next(LOGS)}.log"


LOGS = itertools.count(1)
SECRET_KEY = secrets.token_urlsafe(64)
