"""`manage.py orders` beside a server: it catches up, goes on, and ends with its parent or when told to."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.chorus import ROOT, manage
from tests.support.fixtures import server_variables
from tests.support.processes import environment
from tests.support.production import production_variables

WITHIN_S = 60.0
# A parent that starts the command as scripts/demo does, says its id, and waits to be ended.
PARENT = """
import os, subprocess, sys, time
print(subprocess.Popen([sys.executable, "manage.py", "orders", "--parent", str(os.getpid())]).pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def variables(databases) -> dict[str, str]:
    return {**server_variables(), "DATABASE_URL": databases.sqlite(), "REDIS_URL": ""}


@pytest.fixture
def start(variables) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started = []

    def begin(*command: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment(**variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def count(variables: dict[str, str]) -> int:
    """How many orders there are, read without starting anything."""
    with contextlib.closing(sqlite3.connect(variables["DATABASE_URL"].removeprefix("sqlite:///"))) as database:
        return int(database.execute("SELECT count(*) FROM shop_order").fetchone()[0])


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_makes_up_the_past_hour_goes_on_and_ends_when_told_to(start, variables, number):
    process = start("manage.py", "orders")
    until(lambda: count(variables) > 300)
    past = count(variables)
    until(lambda: count(variables) > past)
    process.send_signal(number)
    _, said = process.communicate(timeout=WITHIN_S)
    assert (process.returncode, said) == (0, "")


def test_it_ends_when_its_parent_is_killed(start, variables):
    parent = start("-c", PARENT)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    until(lambda: count(variables) > 300)
    assert is_there(child)
    parent.kill()
    until(lambda: not is_there(child))


def test_a_real_shop_gets_no_orders_that_nobody_made(variables):
    with pytest.raises(RuntimeError, match="Unknown command: 'orders'"):
        manage(production_variables(DATABASE_URL=variables["DATABASE_URL"]), "orders")
    assert count(variables) == 0


def test_the_past_alone_is_made_up_where_that_is_asked_for(variables):
    manage(variables, "orders", "--past")
    assert count(variables) > 100


def is_there(pid: int) -> bool:
    """Whether it runs; one that is dead and not buried does not."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return False
