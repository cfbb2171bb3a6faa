"""What there is to know of one server before it runs."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.dialects import Dialect

__all__ = ["Place", "System", "accepts"]


@dataclass(frozen=True)
class Place:
    """Where a server is to run. redis_url: empty where it needs none."""

    port: int
    redis_url: str = ""


def accepts(place: Place) -> bool:
    """Whether somebody listens there."""
    try:
        socket.create_connection(("127.0.0.1", place.port), timeout=1).close()
    except OSError:
        return False
    return True


@dataclass(frozen=True)
class System:
    """One server in one configuration.

    name: what it is called on the command line and in results. title: the same for readers of a report.
    kind: the world it comes from.
    command, environment: how it is run, from the repository's root, listening on 127.0.0.1.
    versions: what it runs on, as installed now. Raises FileNotFoundError if something is not installed.
    ready: whether clients may come. The peers listen only when they could serve.
    """

    name: str
    title: str
    kind: str
    dialect: Dialect
    command: Callable[[Place], Sequence[str]]
    environment: Callable[[Place], Mapping[str, str]]
    versions: Callable[[], Mapping[str, str]]
    needs_redis: bool = False
    ready: Callable[[Place], bool] = accepts
