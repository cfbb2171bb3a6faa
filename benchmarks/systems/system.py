"""What there is to know of one server before it runs."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from loadtest.dialect import Dialect

__all__ = ["Crowd", "Place", "System", "accepts"]


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who comes: so many clients, spread over the rooms in turn."""

    members: int
    rooms: int = 1

    def room(self, number: int) -> str:
        """The room of client `number`, by its name."""
        return f"bench-{self.place(number)}"

    def place(self, number: int) -> int:
        """The same by its place among the rooms."""
        return number % self.rooms


@dataclass(frozen=True)
class Place:
    """Where and how a server is to run. redis_url, database_url: empty where it needs none. workers: its processes.

    connects_per_s: how many new connections a second it takes before it tells clients to come later, where it does
    that at all; 0: all that come.
    """

    port: int
    redis_url: str = ""
    database_url: str = ""
    workers: int = 1
    connects_per_s: int = 0


def accepts(place: Place) -> bool:
    """Whether somebody listens there."""
    try:
        socket.create_connection(("127.0.0.1", place.port), timeout=1).close()
    except OSError:
        return False
    return True


def _nobody(_place: Place, _crowd: Crowd) -> Sequence[str]:
    return ()


@dataclass(frozen=True)
class System:
    """One server in one configuration.

    name: what it is called on the command line and in results. title: the same for readers of a report.
    kind: the world it comes from.
    dialect: how its clients speak, given what `invite` gave.
    command, environment: how it is run, from the repository's root, listening on 127.0.0.1.
    versions: what it runs on, as installed now. Raises FileNotFoundError if something is not installed.
    needs_redis, database: what has to run beside it; `database` is empty, "postgresql" or "sqlite".
    invite: makes the tables, accounts and rooms of a crowd in an empty database, before the server runs, and gives a
    token for each client.
    ready: whether clients may come. The peers listen only when they could serve.
    """

    name: str
    title: str
    kind: str
    dialect: Callable[[Sequence[str]], Dialect]
    command: Callable[[Place], Sequence[str]]
    environment: Callable[[Place], Mapping[str, str]]
    versions: Callable[[], Mapping[str, str]]
    needs_redis: bool = False
    database: str = ""
    invite: Callable[[Place, Crowd], Sequence[str]] = _nobody
    ready: Callable[[Place], bool] = accepts
