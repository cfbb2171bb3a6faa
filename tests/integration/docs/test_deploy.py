"""docs/how-to/deploy.md against the settings: its variables start a production, its times fit together."""

from __future__ import annotations

import re
import secrets
import subprocess
import sys

from realtime.conf import EngineConf
from tests.support.chorus import ROOT
from tests.support.pages import block
from tests.support.processes import environment

PAGE = "docs/how-to/deploy.md"
ENVIRONMENT = dict(line.split("=", 1) for line in block(PAGE, "chorus.env").text.splitlines())
SERVICE = block(PAGE, "chorus.service").text
NGINX = block(PAGE, "chorus.nginx").text


def manage(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    given = {**ENVIRONMENT, "SECRET_KEY": secrets.token_urlsafe(64), **changes}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(**given),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def number(pattern: str, text: str) -> float:
    (found,) = re.findall(pattern, text)
    return float(found)


def test_its_variables_pass_the_deployment_checks_once_the_key_is_filled_in():
    done = manage("check", "--deploy", "--fail-level", "WARNING", DATABASE_URL="postgresql://chorus:x@127.0.0.1/chorus")
    assert done.returncode == 0, done.stderr


def test_what_is_left_to_fill_in_is_refused_as_it_stands():
    done = manage("check", SECRET_KEY=ENVIRONMENT["SECRET_KEY"])
    assert done.returncode == 1
    assert "SECRET_KEY" in done.stderr


def test_a_stop_has_longer_than_the_drain():
    assert number(r"TimeoutStopSec=(\d+)", SERVICE) > EngineConf().DRAIN_S + 15


def test_nginx_waits_longer_than_the_server_is_silent():
    assert number(r"proxy_read_timeout (\d+)s", NGINX) >= 2 * EngineConf().HEARTBEAT_S


def test_nginx_is_one_proxy_that_sets_what_is_believed():
    assert "X-Forwarded-Proto $scheme" in NGINX
    assert ENVIRONMENT["TRUST_X_FORWARDED_PROTO"] == "1"
    assert "X-Forwarded-For $proxy_add_x_forwarded_for" in NGINX
    assert ENVIRONMENT["CHORUS_PROXIES"] == "1"
