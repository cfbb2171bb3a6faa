"""One Chromium and one populated site for all tests of the pages; windows that are closed with the test."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.windows import Site, Windows
from tests.support.chorus import manage
from tests.support.fixtures import Databases, starter

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Fewer than the demo puts into each of its rooms: who comes later finds them full.
FULL = "8"
# For how long somebody may be gone before anybody is told: less than in earnest, or every test of it would wait.
GRACE_S = 2.5


# Of this folder, not of the run: while it is open, Playwright keeps a running event loop in this thread.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def site(request: pytest.FixtureRequest, databases: Databases, server_folder: Path) -> Iterator[Site]:
    with contextlib.ExitStack() as stack:
        # Compression as well: Chromium offers it by itself, and all other tests run without.
        variables = {"ROOM_MAX_MEMBERS": FULL, "CHORUS_DEFLATE": "1", "CHORUS_PRESENCE_GRACE_S": str(GRACE_S)}
        server = starter(stack, request, databases, server_folder)("serve", **variables)
        told = re.search(r"Password: (\S+)", manage({**server.variables, "ROOM_MAX_MEMBERS": ""}, "demo"))
        assert told is not None
        yield Site(server, told[1])


@pytest.fixture
def windows(browser: Browser, site: Site) -> Iterator[Windows]:
    """Opens windows. A page that put an error into its console has failed, whatever else the test saw."""
    opened = Windows(browser, site)
    yield opened
    opened.close()
    assert opened.errors == []
