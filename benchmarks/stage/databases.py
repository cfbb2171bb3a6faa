"""A database of its own for each server that is started, with the accounts and rooms of its crowd already in it.

They are made once for each crowd and copied from then on, so that every round begins with the same rows.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import psycopg
from psycopg import sql

from benchmarks.systems import Crowd, Place, System
from tests.support.postgres import PostgresServer

__all__ = ["Databases"]


class Databases:
    """On one PostgreSQL, and SQLite files in `folder`."""

    def __init__(self, postgresql: PostgresServer, folder: Path) -> None:
        self._postgresql = postgresql
        self._folder = folder
        self._names = itertools.count(1)
        self._made: dict[tuple[str, Crowd], tuple[str, Sequence[str]]] = {}
        with self.connect("postgres") as connection:
            connection.execute("CREATE EXTENSION pg_stat_statements")

    def move_in(self, system: System, place: Place, crowd: Crowd) -> tuple[Place, Sequence[str]]:
        """Give the place with a database in which the crowd is known, and a token for each of it."""
        if not system.database:
            return place, system.invite(place, crowd)
        if (system.name, crowd) not in self._made:
            name = self._create(system.database)
            self._made[system.name, crowd] = name, system.invite(self._at(system, place, name), crowd)
        original, tokens = self._made[system.name, crowd]
        return self._at(system, place, self._create(system.database, original)), tokens

    def drop(self, place: Place) -> None:
        """Delete the database of a server that has ended."""
        name = place.database_url.rpartition("/")[2]
        if place.database_url.startswith("postgresql:"):
            self._postgresql.drop(name)
        elif place.database_url:
            for file in self._folder.glob(f"{name}*"):
                file.unlink()

    def queries(self, place: Place) -> int:
        """How many statements PostgreSQL has run in the place's database so far, those of transactions included."""
        name = place.database_url.rpartition("/")[2]
        with self.connect("postgres") as connection:
            row = connection.execute(
                "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid "
                "WHERE datname = %s",
                [name],
            ).fetchone()
        assert row is not None
        return int(row[0])

    def connect(self, name: str) -> psycopg.Connection:
        """A connection of the benchmark's own. Every statement is a transaction."""
        return psycopg.connect(self._postgresql.url(name), autocommit=True)

    def _at(self, system: System, place: Place, name: str) -> Place:
        if system.database == "sqlite":
            return replace(place, database_url=f"sqlite:///{self._folder / name}")
        return replace(place, database_url=self._postgresql.url(name))

    def _create(self, kind: str, original: str = "") -> str:
        name = f"bench_{next(self._names)}"
        if kind == "sqlite":
            if original:
                shutil.copy(self._folder / original, self._folder / name)
            return name
        self._postgresql.create(name, original or "template1")
        # What was copied is on the disk before anybody measures.
        self._postgresql.execute(sql.SQL("CHECKPOINT").format())
        return name
