"""Starting with missing or wrong settings: one sentence that names the variable, and no traceback."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.chorus import ROOT
from tests.support.processes import environment
from tests.support.production import production_variables

WRONG = [
    ("SECRET_KEY", "", "SECRET_KEY is not set"),
    ("SECRET_KEY", "short", "SECRET_KEY has 5 characters"),
    ("ALLOWED_HOSTS", "", "ALLOWED_HOSTS is not set"),
    ("DATABASE_URL", "", "DATABASE_URL is not set"),
    ("DATABASE_URL", "mysql://db/chorus", "DATABASE_URL cannot be used"),
    ("DATABASE_URL", "postgresql://db:port/chorus", "DATABASE_URL is not a URL"),
    ("DATABASE_URL", "sqlite://:memory:", "DATABASE_URL is not a URL"),
    ("DATABASE_URL", "sqlite:///relative.sqlite3", "DATABASE_URL cannot be used"),
    ("REDIS_URL", "http://redis.example.org", "REDIS_URL cannot be used"),
    ("CHORUS_HEARTBEAT_S", "soon", "CHORUS_HEARTBEAT_S must be a number, not 'soon'"),
    ("CHORUS_FRAME_BYTES", "0", "CHORUS_FRAME_BYTES must be at least 1"),
    ("ROOM_MAX_MEMBERS", "many", "ROOM_MAX_MEMBERS must be a whole number"),
    ("PORT", "http", "PORT must be a whole number"),
    ("HTTPS", "perhaps", "HTTPS must be 1 or 0"),
    ("LOG_FORMAT", "xml", "LOG_FORMAT must be one of json, console"),
    ("CHORUS_ALLOWED_ORIGINS", "chat.example.org", "CHORUS_ALLOWED_ORIGINS lists 'chat.example.org'"),
]


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


@pytest.mark.parametrize(("variable", "value", "sentence"), WRONG, ids=[f"{name}={value}" for name, value, _ in WRONG])
def test_a_wrong_variable_is_named_in_a_sentence(variable, value, sentence):
    done = start("manage.py", "check", **{variable: value})
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


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


def test_another_asgi_server_refuses_them_too():
    done = start("-m", "daphne", "--port", "0", "config.asgi:application", SECRET_KEY="")
    assert done.returncode == 1
    assert done.stderr.strip() == "SECRET_KEY is not set: give at least 50 random characters."


def test_workers_without_a_broker_are_refused():
    done = start("manage.py", "serve", "--workers", "2", REDIS_URL="")
    assert done.returncode == 1
    assert "REDIS_URL" in done.stderr


def test_workers_on_sqlite_are_refused(tmp_path):
    done = start("manage.py", "serve", "--workers", "2", DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3")
    assert done.returncode == 1
    assert "PostgreSQL" in done.stderr
