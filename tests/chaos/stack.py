"""What is put under load and broken: two workers of `serve`, PostgreSQL and Redis, with a proxy before each."""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.support.chorus import ChorusServer, Shape, manage
from tests.support.postgres import PostgresServer
from tests.support.proxy import Proxy
from tests.support.redis import RedisServer

__all__ = ["Stack", "running_stack", "until"]

WORKERS = 2
WITHIN_S = 60.0
HEARTBEAT_S = 5
DATABASE = "chorus"


@dataclass
class Stack:
    """The running servers. Clients go through `front`; the workers reach the others through theirs."""

    chorus: ChorusServer
    postgres: PostgresServer
    redis: RedisServer
    front: Proxy
    to_postgres: Proxy
    to_redis: Proxy

    def workers(self) -> list[int]:
        """The process ids of the workers that run now."""
        children = Path(f"/proc/{self.chorus.pid}/task/{self.chorus.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def kill_worker(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)

    def tokens(self, count: int, room: str, rooms: int = 1) -> list[str]:
        """Access tokens of so many members; the k-th is a member of `room`-(k mod rooms)."""
        spread = ("--count", str(count), "--room", room, "--rooms", str(rooms))
        return self.chorus.manage("loadtest_users", *spread).split()

    @contextlib.contextmanager
    def database(self) -> Iterator[psycopg.Connection]:
        """A way to the tables that nothing of a scenario is in."""
        with psycopg.connect(self.postgres.url(DATABASE), autocommit=True) as connection:
            yield connection


@contextlib.contextmanager
def running_stack(settings: str = "config.settings.dev") -> Iterator[Stack]:
    """Start everything, on free ports and in a folder of its own; end it all with the block."""
    numbers = itertools.count(1)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chorus-chaos-")))
        postgres = PostgresServer(folder / "postgresql.log")
        stack.callback(postgres.remove)
        postgres.run()
        redis = RedisServer(folder / "redis.log")
        redis.run()
        stack.callback(redis.kill)
        variables = {"DJANGO_SETTINGS_MODULE": settings, "SECRET_KEY": secrets.token_urlsafe(64)}
        variables |= {"CHAOS_FOLDER": str(folder), "CHORUS_HEARTBEAT_S": str(HEARTBEAT_S)}
        manage({**variables, "DATABASE_URL": postgres.create(DATABASE), "REDIS_URL": ""}, "migrate", "-v", "0")
        with psycopg.connect(postgres.url(DATABASE), autocommit=True) as connection:
            connection.execute("CREATE EXTENSION pg_stat_statements")
        to_postgres = stack.enter_context(Proxy(postgres.port))
        to_redis = stack.enter_context(Proxy(redis.port))
        variables["DATABASE_URL"] = f"postgresql://chorus@127.0.0.1:{to_postgres.port}/{DATABASE}"
        variables["REDIS_URL"] = f"redis://127.0.0.1:{to_redis.port}/0"
        chorus = ChorusServer(Shape(workers=WORKERS, shared=True), variables, folder / f"chorus-{next(numbers)}.log")
        stack.callback(lambda: chorus.running and chorus.stop())
        chorus.run()
        front = stack.enter_context(Proxy(chorus.port))
        yield Stack(chorus, postgres, redis, front, to_postgres, to_redis)


def until(true: Callable[[], bool], what: str, within_s: float = WITHIN_S) -> float:
    """Wait for something outside this process; how long that took. Raises TimeoutError."""
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > within_s:
            raise TimeoutError(f"{what} did not come within {within_s:g} s")
        time.sleep(0.05)
    return time.monotonic() - began
