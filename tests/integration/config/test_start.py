"""Starting with missing or wrong settings: one sentence that names the variable, and no traceback."""

from __future__ import annotations

import itertools
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.support.chorus import ROOT
from tests.support.processes import environment
from tests.support.production import production_variables

# Values that are wrong, variable by variable, each with the sentence it is refused with.
WRONG = {
    "SECRET_KEY": {
        "": "SECRET_KEY is not set",
        "short": "SECRET_KEY has 5 characters",
        "x" * 60: "SECRET_KEY can be guessed",
        "django-insecure-0123456789abcdefghijklmnopqrstuvwxyz": "SECRET_KEY can be guessed",
    },
    "ALLOWED_HOSTS": {"": "ALLOWED_HOSTS is not set"},
    "DATABASE_URL": {
        "": "DATABASE_URL is not set",
        "mysql://db/chorus": "DATABASE_URL cannot be used",
        "postgresql://db:port/chorus": "DATABASE_URL is not a URL",
        "postgresql://db.example.org": "DATABASE_URL cannot be used",
        "postgresql://db.example.org/chorus?ssl=1": 'DATABASE_URL cannot be used: invalid connection option "ssl"',
        "sqlite://:memory:": "DATABASE_URL is not a URL",
        "sqlite:///relative.sqlite3": "DATABASE_URL cannot be used",
    },
    "REDIS_URL": {
        "http://redis.example.org": "REDIS_URL cannot be used",
        "redis.example.org:6379": "REDIS_URL cannot be used",
        "redis://redis.example.org:port/0": "REDIS_URL cannot be used",
    },
    "CHORUS_HEARTBEAT_S": {
        "soon": "CHORUS_HEARTBEAT_S must be a number, not 'soon'",
        "-1": "CHORUS_HEARTBEAT_S must be at least 0.001, not -1",
        "nan": "CHORUS_HEARTBEAT_S must be at least 0.001, not nan",
    },
    "CHORUS_FRAME_BYTES": {
        "0": "CHORUS_FRAME_BYTES must be at least 1",
        "64k": "CHORUS_FRAME_BYTES must be a whole number, not '64k'",
        "2000000": "CHORUS_FRAME_BYTES must be at least 1 and at most 1048576, not 2000000",
    },
    "ROOM_MAX_MEMBERS": {
        "abc": "ROOM_MAX_MEMBERS must be a whole number, not 'abc'",
        "2.5": "ROOM_MAX_MEMBERS must be a whole number, not '2.5'",
    },
    "PORT": {"http": "PORT must be a whole number, not 'http'", "70000": "PORT must be at least 0 and at most 65535"},
    "HTTPS": {"perhaps": "HTTPS must be 1 or 0"},
    "LOG_FORMAT": {"xml": "LOG_FORMAT must be one of json, console"},
    "CHORUS_ALLOWED_ORIGINS": {"chat.example.org": "CHORUS_ALLOWED_ORIGINS lists 'chat.example.org'"},
    "CHORUS_HTTP_TOKEN_RATE": {"often": "CHORUS_HTTP_TOKEN_RATE must look like 120/min"},
}


def rounds() -> Iterator[dict[str, tuple[str, str]]]:
    """All first values together, all second ones, …: what is wrong is told at once, not one start after another."""
    columns = [[(name, *wrong) for wrong in values.items()] for name, values in WRONG.items()]
    for row in itertools.zip_longest(*columns):
        yield {name: (value, sentence) for name, value, sentence in filter(None, row)}


def start(*command: str, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment(**production_variables(**changes)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("wrong", list(rounds()), ids=", ".join)
def test_each_wrong_variable_is_named_in_one_sentence(wrong):
    done = start("manage.py", "check", **{name: value for name, (value, _) in wrong.items()})
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    for name, (_, sentence) in wrong.items():
        (line,) = (line for line in done.stderr.splitlines() if f" {name} " in line)
        assert sentence in line
        assert line.endswith((".", ")"))


def test_sound_production_settings_pass_the_deployment_checks():
    done = start("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_commands_refuse_wrong_settings_before_they_do_anything(command):
    done = start("manage.py", command, SECRET_KEY="", DATABASE_URL="nowhere")
    assert done.returncode == 1
    assert "SECRET_KEY is not set" in done.stderr
    assert "DATABASE_URL cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("option", ["ssl_cert_reqs=perhaps", "ssl_ca_certs=/nowhere.pem"])
def test_a_channel_layer_that_cannot_be_made_is_refused(option):
    done = start("manage.py", "serve", REDIS_URL=f"rediss://redis.example.org/0?{option}")
    assert done.returncode == 1
    assert "The channel layer cannot be made" in done.stderr
    assert "Traceback" not in done.stderr


def test_another_asgi_server_refuses_them_too():
    done = start("-m", "daphne", "--port", "0", "config.asgi:application", SECRET_KEY="")
    assert done.returncode == 1
    assert done.stderr.strip() == "SECRET_KEY is not set: give at least 50 random characters."


# --- serve itself ---------------------------------------------------------------------------------------


def refusal(*arguments: str, **changes: str) -> str:
    """What `serve` says instead of starting."""
    done = start("manage.py", "serve", *arguments, **changes)
    assert done.returncode == 1
    assert done.stdout == ""
    return done.stderr


def test_workers_without_a_broker_are_refused():
    assert refusal("--workers", "2", REDIS_URL="") == (
        "CommandError: --workers above 1 needs REDIS_URL: without it they do not hear of each other.\n"
    )


def test_workers_on_sqlite_are_refused(tmp_path):
    assert refusal("--workers", "2", DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3") == (
        "CommandError: --workers above 1 needs a DATABASE_URL of PostgreSQL: "
        "SQLite takes one writing process, not several.\n"
    )


def test_no_workers_at_all_are_refused():
    assert refusal("--workers", "0") == "CommandError: --workers is at least 1.\n"


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_port_that_is_taken_is_named(workers):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert refusal("--workers", workers, PORT=str(port)) == (
            f"CommandError: Cannot listen on 127.0.0.1:{port}: Address already in use. "
            "Set HOST or PORT to something else.\n"
        )


@pytest.mark.parametrize(("host", "port"), [("no.such.host.invalid", "0"), ("127.0.0.1", "70000"), ("192.0.2.1", "0")])
def test_an_address_that_is_none_of_ours_is_named(host, port):
    said = refusal("--host", host, "--port", port)
    assert said.startswith(f"CommandError: Cannot listen on {host}:{port}: ")
    assert len(said.splitlines()) == 1
