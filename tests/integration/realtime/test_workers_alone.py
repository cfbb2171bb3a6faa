"""The parent of the workers alone, over processes that only say that they serve: how they come, go and fail."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.chorus import ROOT
from tests.support.processes import environment, kill_group

# Serves until SIGTERM, then drains as long as the file "slow" says; writes what happened to it.
WORKER = """
import os, pathlib, signal, sys, time
here = pathlib.Path(sys.argv[1])
def say(word):
    with (here / "said").open("a") as said:
        said.write(f"{word} {os.getpid()}\\n")
if (here / "broken").exists():
    say("broken")
    os.write(2, b"This release does not start.\\n")  # whole: another worker says it at the same moment
    sys.exit(1)
def term(*_):
    say("term")
    time.sleep(float((here / "slow").read_text()) if (here / "slow").exists() else 0)
    say("drained")
    os._exit(0)
def hurry(*_):
    say("hurry")
    os._exit(0)
signal.signal(signal.SIGTERM, term)
signal.signal(signal.SIGINT, hurry)
os.write(int(sys.argv[sys.argv.index("--ready-fd") + 1]), b"r")
say("serves")
while True:
    time.sleep(60)
"""
PARENT = """
import logging, runpy, socket, sys
logging.basicConfig()
Workers = runpy.run_path("realtime/server/workers.py")["Workers"]
listener = socket.create_server(("127.0.0.1", 0))
sys.exit(Workers([sys.executable, sys.argv[1] + "/worker.py", sys.argv[1]], listener, 2, 1.0).run())
"""


class Parent:
    """The parent process, and what its workers said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "worker.py").write_text(WORKER)
        (folder / "said").touch()
        self.process = subprocess.Popen(
            [sys.executable, "-c", PARENT, str(folder)],
            cwd=ROOT,
            env=environment(),
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def said(self, word: str) -> list[int]:
        lines = (self.folder / "said").read_text().splitlines()
        return [int(pid) for said, pid in map(str.split, lines) if said == word]

    def waits_for(self, word: str, count: int) -> list[int]:
        until(lambda: len(self.said(word)) >= count)
        return self.said(word)

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def ends(self) -> tuple[int, str]:
        _, errors = self.process.communicate(timeout=15)
        return self.process.returncode, errors


@pytest.fixture
def parent(tmp_path) -> Iterator[Callable[[], Parent]]:
    started: list[Parent] = []

    def start() -> Parent:
        started.append(Parent(tmp_path))
        return started[0]

    yield start
    for each in started:
        kill_group(each.process.pid)
        each.process.communicate()


def until(true: Callable[[], bool], within_s: float = 15) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_workers_that_cannot_start_end_the_parent_instead_of_being_started_over_and_over(parent, tmp_path):
    (tmp_path / "broken").touch()
    code, errors = parent().ends()
    assert code == 1
    assert set(errors.splitlines()) == {"This release does not start."}


def test_a_release_that_does_not_start_leaves_the_old_workers_in_place(parent, tmp_path):
    running = parent()
    before = running.waits_for("serves", 2)
    (tmp_path / "broken").touch()
    running.send(signal.SIGHUP)
    running.waits_for("broken", 1)
    (tmp_path / "broken").unlink()
    time.sleep(0.3)
    assert running.said("term") == []
    running.send(signal.SIGTERM)
    code, errors = running.ends()
    assert code == 0
    assert "the new worker did not come up; the old ones stay" in errors
    assert sorted(running.said("drained")) == sorted(before)


def test_each_new_worker_serves_before_the_old_one_is_asked_to_go_and_one_goes_at_a_time(parent, tmp_path):
    (tmp_path / "slow").write_text("0.3")
    running = parent()
    running.waits_for("serves", 2)
    running.send(signal.SIGHUP)
    running.waits_for("drained", 2)
    words = [line.split()[0] for line in (tmp_path / "said").read_text().splitlines()]
    assert words == ["serves"] * 2 + ["serves", "term", "drained"] * 2


def test_one_that_dies_during_a_rolling_restart_is_replaced_meanwhile(parent, tmp_path):
    (tmp_path / "slow").write_text("3")
    running = parent()
    running.waits_for("serves", 2)
    running.send(signal.SIGHUP)
    (leaving,) = running.waits_for("term", 1)
    (staying,) = set(running.said("serves")[:2]) - {leaving}
    os.kill(staying, signal.SIGKILL)
    running.waits_for("serves", 4)
    assert running.said("drained") == []


@pytest.mark.parametrize("while_rolling", [False, True])
def test_sigterm_lets_all_drain_at_once_even_in_the_middle_of_a_rolling_restart(parent, tmp_path, while_rolling):
    (tmp_path / "slow").write_text("1")
    running = parent()
    running.waits_for("serves", 2)
    if while_rolling:
        running.send(signal.SIGHUP)
        running.waits_for("term", 1)
    start = time.monotonic()
    running.send(signal.SIGTERM)
    assert running.ends()[0] == 0
    assert time.monotonic() - start < 1.9
    assert sorted(running.said("drained")) == sorted(running.said("serves"))


def test_a_second_ctrl_c_is_passed_on_and_a_second_sigterm_changes_nothing(parent, tmp_path):
    (tmp_path / "slow").write_text("30")
    running = parent()
    running.waits_for("serves", 2)
    running.send(signal.SIGTERM)
    running.waits_for("term", 2)
    running.send(signal.SIGTERM)
    time.sleep(0.3)
    assert running.process.poll() is None
    running.send(signal.SIGINT)
    assert running.ends()[0] == 0
    assert len(running.said("hurry")) == 2
