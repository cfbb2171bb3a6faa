"""One site of dashboards for all tests here, whose values they decide (tests/browser/lab)."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.boards.boards import LAB, change
from tests.browser.windows import Site
from tests.support.chorus import manage
from tests.support.fixtures import Databases, starter


@pytest.fixture(scope="package")
def site(request: pytest.FixtureRequest, databases: Databases, server_folder: Path) -> Iterator[Site]:
    """In the place of the populated site that other pages are tested on; `windows` are opened on it."""
    with contextlib.ExitStack() as stack:
        server = starter(stack, request, databases, server_folder)("serve", DJANGO_SETTINGS_MODULE=LAB)
        told = re.search(r"Password: (\S+)", manage(server.variables, "demo"))
        assert told is not None
        yield Site(server, told[1])


@pytest.fixture
def world(site: Site) -> Iterator[Any]:
    """Changes the world, and leaves it as it was."""
    yield lambda **values: change(site.server, **values)
    change(site.server, people=40.0, fails=False, latency=42.0, note="All is well")
