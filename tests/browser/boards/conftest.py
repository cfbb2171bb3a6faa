"""One site of dashboards for all tests here, whose values they decide (tests/browser/lab)."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.boards.boards import LAB, change
from tests.browser.windows import Site, Windows
from tests.support.chorus import manage
from tests.support.fixtures import Databases, starter


@pytest.fixture(scope="package")
def lab(request: pytest.FixtureRequest, databases: Databases, server_folder: Path) -> Iterator[Site]:
    with contextlib.ExitStack() as stack:
        server = starter(stack, request, databases, server_folder)("serve", DJANGO_SETTINGS_MODULE=LAB)
        told = re.search(r"Password: (\S+)", manage(server.variables, "demo"))
        assert told is not None
        yield Site(server, told[1])


@pytest.fixture
def windows(browser: Browser, lab: Site) -> Iterator[Windows]:
    opened = Windows(browser, lab)
    yield opened
    opened.close()
    assert opened.errors == []


@pytest.fixture
def world(lab: Site) -> Iterator[Any]:
    """Changes the world, and leaves it as it was."""
    yield lambda **values: change(lab.server, **values)
    change(lab.server, people=40.0, fails=False, latency=42.0, note="All is well")
