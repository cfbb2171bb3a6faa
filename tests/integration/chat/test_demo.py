"""`make demo` in a bare clone: what it makes, what it keeps, and that it ends as a whole, however it ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from realtime.client import RealtimeClient, Received
from tests.support.chorus import ROOT
from tests.support.ports import free_port
from tests.support.processes import RUNNING, ServerProcess, environment

# What is not in a bare clone, and what no demo needs.
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "node_modules", "var", "tests", "docs")
INSTALLERS = ("python", "node")
WITHIN_S = 30.0
# The check of the logs is promised for every 2 s; the rest is this machine's.
SEEN_WITHIN_S = 3.0


class Demo(ServerProcess):
    """`make demo` in a clone, on a port of its own."""

    def __init__(self, clone: Path) -> None:
        self.clone = clone
        self.port = free_port()
        super().__init__("demo", clone / "demo.log")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self, **variables: str) -> str:
        """Start it and wait for the server. Gives what it printed."""
        self.log_path.unlink(missing_ok=True)
        variables = {"PORT": str(self.port), **variables}
        self.start(["make", "demo"], self._answers, cwd=self.clone, env=environment(**variables))
        return self.log_tail()

    def members(self, named: str = "") -> list[int]:
        """The ids of what runs for it, of the commands with that name only."""
        return [pid for pid, group, line in running() if group == self.pid and named in line]

    def token(self, name: str, password: str) -> str:
        body = json.dumps({"username": name, "password": password}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/api/token/", data=body, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as response:
            return str(json.load(response)["access"])

    def orders(self, token: str) -> dict[str, Any]:
        """What the dashboard of orders says now."""
        headers = {"Authorization": f"Bearer {token}"}
        request = urllib.request.Request(f"{self.url}/api/dashboard/orders/", headers=headers)
        with urllib.request.urlopen(request, timeout=10) as response:
            state: dict[str, Any] = json.load(response)["state"]
            return state

    def manage(self, *arguments: str) -> str:
        """Run a command in the clone as anybody would: with nothing but the clone's own settings."""
        command = [".venv/bin/python", "manage.py", *arguments]
        return subprocess.run(
            command, cwd=self.clone, env=environment(), capture_output=True, text=True, check=True
        ).stdout

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as response:
            return bool(response.status == 200)
        return False


def running() -> Iterator[tuple[int, int, str]]:
    """Id, group and command line of every process; one that is dead and not yet buried has no line and is left out."""
    for entry in Path("/proc").iterdir():
        # Any of them may end while it is looked at.
        with contextlib.suppress(OSError, ValueError):
            pid = int(entry.name)
            if line := (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"):
                yield pid, os.getpgid(pid), line


def until(true: Callable[[], bool], within_s: float = WITHIN_S) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources alone, with the packages of this run instead of a download of the same."""
    clone = tmp_path_factory.mktemp("demo") / "clone"
    shutil.copytree(ROOT, clone, ignore=LEFT_OUT)
    (clone / ".venv").symlink_to(sys.prefix)
    (clone / "node_modules").symlink_to(ROOT / "node_modules")
    for name in INSTALLERS:
        (clone / "scripts" / name).write_text("#!/bin/sh\n")
    return clone


@pytest.fixture
def demo(clone: Path) -> Iterator[Demo]:
    demo = Demo(clone)
    yield demo
    if demo in RUNNING:
        demo.kill()


def password_in(printed: str) -> str:
    found = re.search(r"Log in as demo, guest or staff\. Password: (\S+)", printed)
    assert found is not None, printed
    return found[1]


def people_of(demo: Demo) -> str:
    """How many messages there are that no bot wrote, room by room."""
    return demo.manage(
        "shell",
        "-v",
        "0",
        "-c",
        "from chat.models import Message; from django.db.models import Count;"
        "print(list(Message.objects.exclude(author__username__endswith='-bot')"
        ".order_by('room__slug').values_list('room__slug').annotate(Count('pk'))))",
    )


async def test_a_bare_clone_comes_alive_takes_part_and_keeps_what_it_has(demo):
    printed = await asyncio.to_thread(demo.run)
    assert "Traceback" not in printed
    password = password_in(printed)
    for name in ("demo", "guest", "staff"):
        assert demo.token(name, password)
    token = demo.token("demo", password)
    # An hour of them, and at least one since the start.
    await asyncio.to_thread(until, lambda: sum(demo.orders(token).get("products", {}).values()) > 500)
    newest = demo.orders(token)["latest"][0]["number"]
    received: asyncio.Queue[Received] = asyncio.Queue()
    async with RealtimeClient(f"ws://127.0.0.1:{demo.port}/ws/", token=token) as client:
        room = await client.subscribe("chat/general", listener=received.put_nowait)
        assert len(room.snapshot["messages"]) == 50
        await a_shell_beside_it_is_heard(demo, received)
        await a_bot_answers(client, received)
    await asyncio.to_thread(until, lambda: demo.orders(token)["latest"][0]["number"] > newest)
    assert (demo.clone / "var/local.env").stat().st_mode & 0o777 == 0o600
    kept = await asyncio.to_thread(people_of, demo)
    assert demo.stop(signal.SIGTERM) != 0  # make's own: it was ended

    again = await asyncio.to_thread(demo.run, BOTS="0")
    assert password_in(again) == password
    assert "Made" in printed
    assert "Made" not in again
    assert await asyncio.to_thread(people_of, demo) == kept
    until(lambda: not demo.members("manage.py bots"))


async def a_shell_beside_it_is_heard(demo: Demo, received: asyncio.Queue[Received]) -> None:
    say = (
        "from chat.services import message_post; from chat.models import Room; from accounts.models import User;"
        "message_post(room=Room.objects.get(slug='general'), author=User.objects.get(username='guest'),"
        "text='said by a shell')"
    )
    await asyncio.to_thread(demo.manage, "shell", "-c", say)
    message = await heard(received, lambda message: message["text"] == "said by a shell")
    late = datetime.now(UTC) - datetime.fromisoformat(message["created_at"])
    assert late.total_seconds() < SEEN_WITHIN_S


async def a_bot_answers(client: RealtimeClient, received: asyncio.Queue[Received]) -> None:
    await client.post("chat/general", "message.post", {"text": "@pip-bot are you there?"})
    await heard(received, lambda message: message["author"]["name"] == "pip-bot")


async def heard(received: asyncio.Queue[Received], wanted: Callable[[Any], bool]) -> Any:
    async with asyncio.timeout(WITHIN_S):
        while True:
            event = await received.get()
            if event.event == "message" and wanted(event.data):
                return event.data


def interrupt(demo: Demo) -> None:
    """Ctrl+C: the terminal tells the whole group."""
    os.killpg(demo.pid, signal.SIGINT)


def end_make(demo: Demo) -> None:
    demo.send_signal(signal.SIGTERM)


def crash_server(demo: Demo) -> None:
    """The server dies without a word to anybody."""
    (pid,) = demo.members("manage.py serve")
    os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("end", [interrupt, end_make, crash_server])
def test_server_bots_and_orders_end_together(demo, end):
    demo.run()
    until(lambda: len(demo.members("manage.py bots")) == len(demo.members("manage.py orders")) == 1)
    end(demo)
    until(lambda: not demo.members())
    assert "Traceback" not in demo.log_tail()


def test_a_port_that_is_taken_is_told_in_a_sentence(demo):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            ["make", "demo"],
            cwd=demo.clone,
            env=environment(PORT=str(port)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode != 0
    assert f"Cannot listen on 127.0.0.1:{port}: Address already in use. Set HOST or PORT" in done.stderr
    assert "Traceback" not in done.stderr
