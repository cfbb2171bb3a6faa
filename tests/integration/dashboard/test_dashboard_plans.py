"""What the dashboards ask the database, however large it is: few queries, and each along an index."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from tests.support.chorus import ROOT
from tests.support.fixtures import server_variables
from tests.support.processes import environment

# Rooms are few, and a count of them reads them all.
SMALL = {"chat_room", "django_content_type"}
QUERIES_MAX = 10


@pytest.fixture(scope="module")
def plans(databases) -> dict[str, list[str]]:
    variables = {**server_variables(), "DATABASE_URL": databases.postgres(), "REDIS_URL": ""}
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.dashboard.dashboard_plans"],
        cwd=ROOT,
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", ["rooms", "moderation", "orders"])
def test_no_table_that_grows_is_scanned(plans, name):
    scanned = {table for plan in plans[name] for table in re.findall(r"Seq Scan on (\w+)", plan)}
    assert scanned - SMALL == set(), "\n\n".join(plans[name])
    assert 3 <= len(plans[name]) <= QUERIES_MAX
