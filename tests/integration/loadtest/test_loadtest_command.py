"""`manage.py loadtest` against a running Chorus, as people call it."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import secrets
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.chorus import ROOT, ChorusServer
from tests.support.ports import free_port
from tests.support.processes import environment
from tests.support.production import production_variables

BRIEFLY = ("--clients", "20", "--rate", "10", "--duration", "2")


def loadtest(server: ChorusServer, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run it beside the server, on the same settings and database."""
    return subprocess.run(
        [sys.executable, "manage.py", "loadtest", "--url", server.ws_url, *arguments],
        cwd=ROOT,
        env=environment(**server.variables),
        capture_output=True,
        text=True,
        check=False,
        **{"stdin": subprocess.DEVNULL, **options},
    )


def figures(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    return dict(json.loads(done.stdout))


def new_room() -> str:
    return f"load-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def serve(chorus_shapes) -> ChorusServer:
    """The run's server on SQLite, whose database is a file that can be looked into."""
    return chorus_shapes("serve")


def test_a_run_is_complete_and_its_figures_are_given(chorus):
    done = loadtest(chorus, *BRIEFLY, "--room", new_room(), "--rooms", "2", "--json")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    found = figures(done)
    assert found["complete"] is True
    assert found["connects"]["entered"] == 20
    assert found["messages"] == {"planned": 40, "sent": 40, "acknowledged": 40, "refused": 0, "first_error": ""}
    assert (found["deliveries"]["expected"], found["deliveries"]["received"]) == (400, 400)
    assert 100 < found["deliveries"]["per_s"] < 400
    for latency in found["latency_ms"].values():
        assert 0 < latency["p50"] <= latency["p90"] <= latency["p99"] <= latency["max"] < 10_000
    assert found["closed"] == {"connections": 0, "codes": {}}


def test_with_tokens_of_loadtest_users_from_a_file_or_a_pipe(serve, tmp_path):
    """As from another machine: nothing is read from the database."""
    tokens = tmp_path / "tokens.txt"
    tokens.write_text(serve.manage("loadtest_users", "--count", "6", "--room", "hall", "--rooms", "2"))
    arguments = ("--room", "hall", "--rooms", "2", "--rate", "10", "--duration", "1")
    elsewhere = {**serve.variables, "DATABASE_URL": f"sqlite:///{tmp_path}/nothing.sqlite3"}
    done = subprocess.run(
        [sys.executable, "manage.py", "loadtest", "--url", serve.ws_url, "--tokens", str(tokens), *arguments],
        cwd=ROOT,
        env=environment(**elsewhere),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "6 clients in 2 rooms" in done.stdout
    with tokens.open() as piped:
        done = loadtest(serve, "--tokens", "-", *arguments, "--clients", "4", stdin=piped)
    assert done.returncode == 0, done.stderr
    assert "4 clients in 2 rooms" in done.stdout
    assert "Complete: everybody got everything once" in done.stdout


def test_refusals_are_shown_and_the_status_is_1(serve):
    room = new_room()
    serve.manage("loadtest_users", "--count", "5", "--room", room)
    archive = f"from chat.models import Room; Room.objects.filter(slug='{room}').update(read_only=True)"
    serve.manage("shell", "-c", archive)
    done = loadtest(serve, "--clients", "5", "--rate", "10", "--duration", "1", "--room", room, "--json")
    assert done.returncode == 1
    assert "The run is not complete." in done.stderr
    found = figures(done)
    assert found["messages"]["refused"] == 10
    assert '"code":"forbidden"' in found["messages"]["first_error"]
    assert found["deliveries"]["missing"] == 0
    assert [sentence[:24] for sentence in found["complaints"]] == ["10 refusals, the first: "]


def test_a_server_that_goes_is_noticed(start_chorus):
    server = start_chorus()
    with started(server, "--clients", "20", "--duration", "60", "--room", "gone", "--json") as running:
        wait_for_messages(server, "gone")
        server.stop()
        out, error = running.communicate(timeout=60)
    assert running.returncode == 1, error
    found = json.loads(out)
    assert found["closed"] == {"connections": 20, "codes": {"4000": 20}}
    assert found["deliveries"]["missing"] > 0


def test_ctrl_c_ends_it_early_with_what_was_measured(serve):
    with started(serve, "--clients", "20", "--duration", "600", "--room", "early") as running:
        wait_for_messages(serve, "early")
        running.send_signal(signal.SIGINT)
        out, error = running.communicate(timeout=60)
    assert (running.returncode, error) == (0, "")
    assert "of 12,000, then ended" in out
    assert "Complete: everybody got everything once" in out


def test_who_is_told_to_come_later_comes_later(start_chorus):
    server = start_chorus(CHORUS_CONNECTS_PER_S="1", CHORUS_LOOPBACK_IS_EXEMPT="0")
    found = figures(loadtest(server, "--clients", "6", "--rate", "5", "--duration", "1", "--json"))
    assert found["complete"] is True
    assert found["connects"]["entered"] == 6
    assert found["connects"]["retries"] > 0


def test_on_a_terminal_it_shows_how_it_stands(serve):
    ours, theirs = pty.openpty()
    with started(serve, *BRIEFLY, stderr=theirs) as running:
        os.close(theirs)
        out, _ = running.communicate(timeout=60)
    shown = os.read(ours, 65_536).decode()
    os.close(ours)
    assert running.returncode == 0
    assert "deliveries/s  p99 " in shown
    assert "\r" not in out


class TestRefusesInASentence:
    @pytest.fixture
    def sentence(self, databases, tmp_path):
        """What it says on standard error when nothing runs; it has to end with 1 and print nothing else."""
        variables = {
            "DJANGO_SETTINGS_MODULE": "config.settings.dev",
            "DATABASE_URL": databases.sqlite(),
            "SECRET_KEY": secrets.token_urlsafe(64),
        }

        def run(*arguments: str, prefix: tuple[str, ...] = (), **changes: str) -> str:
            done = subprocess.run(
                [*prefix, sys.executable, "manage.py", "loadtest", *arguments],
                cwd=ROOT,
                env=environment(**{**variables, **changes}),
                capture_output=True,
                text=True,
                check=False,
            )
            assert (done.returncode, done.stdout) == (1, "")
            assert len(done.stderr.splitlines()) == 1
            return done.stderr

        return run

    def test_where_nobody_listens(self, sentence):
        port = str(free_port())
        assert f"Nobody listens at ws://127.0.0.1:{port}/ws/" in sentence("--clients", "2", PORT=port)

    def test_another_machine(self, sentence):
        assert "192.0.2.7 is not this machine" in sentence("--url", "ws://192.0.2.7/ws/")

    def test_tls(self, sentence):
        assert "measure behind the proxy" in sentence("--url", "wss://127.0.0.1/ws/")

    def test_too_few_open_files(self, sentence):
        few = ("/bin/sh", "-c", 'ulimit -n 200; exec "$@"', "sh")
        assert "500 clients need 564 open files, and this process may have 200" in sentence(prefix=few)

    def test_no_compiler(self, sentence):
        assert "needs a C compiler" in sentence("--clients", "2", CC="no-such-compiler", CFLAGS="-DNEW")

    def test_production(self, sentence):
        assert "These are production settings" in sentence(**production_variables())

    def test_tokens_of_another_server(self, sentence, serve):
        said = sentence("--clients", "2", "--url", serve.ws_url)
        assert f"{serve.ws_url} refuses the tokens" in said

    def test_a_rate_that_the_server_does_not_admit(self, serve):
        done = loadtest(serve, "--clients", "2", "--rate", "201")
        assert done.returncode == 1
        assert "2 clients of a room can send 200 messages/s" in done.stderr

    def test_a_room_that_is_not_there(self, serve, tmp_path):
        (tmp_path / "tokens").write_text(serve.manage("loadtest_users", "--count", "1"))
        done = loadtest(serve, "--tokens", str(tmp_path / "tokens"), "--room", "nowhere")
        assert done.returncode == 1
        assert "does not know the room" in done.stderr


@contextlib.contextmanager
def started(server: ChorusServer, *arguments: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "manage.py", "loadtest", "--url", server.ws_url, *arguments],
        cwd=ROOT,
        env=environment(**server.variables),
        text=True,
        **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def wait_for_messages(server: ChorusServer, room: str) -> None:
    """Until somebody talks in the room, read from the database that the server writes."""
    path = Path(server.variables["DATABASE_URL"].removeprefix("sqlite:///"))
    asked = "SELECT last_seq FROM chat_room WHERE slug = ?"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        connection = sqlite3.connect(path)
        row = connection.execute(asked, [room]).fetchone()
        connection.close()
        if row and row[0] > 20:
            return
        time.sleep(0.1)
    raise AssertionError("nobody talks")
