"""docs/how-to/add-a-dashboard.md does what it says, to the letter."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from realtime.client import RealtimeClient, Received
from realtime.protocol import NotFound
from tests.support.chorus import ChorusServer
from tests.support.fixtures import starter
from tests.support.pages import block, passed_by_itself

PAGE = "docs/how-to/add-a-dashboard.md"
DASHBOARDS = block(PAGE, "machine/dashboards.py")
LINES_MAX = 20
WITHIN_S = 30.0
# The page's line at the end of the settings, and its second app beside the first.
SETTINGS = f"""
from config.settings.dev import *
{block(PAGE, "settings").text}
INSTALLED_APPS += ["belt"]
"""
# Accounts as anybody may have them, and how the page and the API know them.
WHO = """
from django.contrib.sessions.backends.db import SessionStore
from rest_framework_simplejwt.tokens import AccessToken
from accounts.models import User
for name in ("ada", "overseer"):
    user, _ = User.objects.get_or_create(username=name, is_staff=name == "overseer")
    session = SessionStore()
    session.update({"_auth_user_id": str(user.pk), "_auth_user_backend": "django.contrib.auth.backends.ModelBackend",
                    "_auth_user_hash": user.get_session_auth_hash()})
    session.create()
    print(AccessToken.for_user(user), session.session_key)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page's files, to be put on Python's path."""
    site = tmp_path_factory.mktemp("machine")
    for app in (DASHBOARDS, block(PAGE, "belt/dashboards.py")):
        (app.write_to(site).parent / "__init__.py").touch()
    (site / "machine_settings.py").write_text(SETTINGS)
    return site


class Somebody:
    """One account on a server: over HTTP with a token, in pages with a session."""

    def __init__(self, server: ChorusServer, line: str) -> None:
        self.server = server
        self.token, self._session = line.split()

    def get(self, path: str, **headers: str) -> tuple[int, Any, Any]:
        """Status, headers and body."""
        headers = {"Authorization": f"Bearer {self.token}", "Cookie": f"sessionid={self._session}", **headers}
        request = urllib.request.Request(f"{self.server.url}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.headers, refused.read().decode()

    def client(self) -> RealtimeClient:
        return RealtimeClient(self.server.ws_url, token=self.token)


@pytest.fixture(scope="module")
def start(request, databases, server_folder, site) -> Iterator[Callable[..., tuple[Somebody, Somebody]]]:
    """Gives Ada, who is anybody, and an overseer, who is staff, on a server with the page's apps: one of each shape."""

    def begin(shape: str = "serve") -> tuple[Somebody, Somebody]:
        server = starts(shape, DJANGO_SETTINGS_MODULE="machine_settings", PYTHONPATH=str(site))
        ada, overseer = server.manage("shell", "-v", "0", "-c", WHO).splitlines()
        return Somebody(server, ada), Somebody(server, overseer)

    with contextlib.ExitStack() as stack:
        starts = starter(stack, request, databases, server_folder)
        yield functools.cache(begin)


def test_it_takes_no_more_than_twenty_lines():
    assert len([line for line in DASHBOARDS.text.splitlines() if line]) <= LINES_MAX


def test_its_own_test_passes_without_sockets(site):
    path = block(PAGE, "tests/unit/machine/test_machine_dashboards.py").write_to(site)
    assert "3 passed" in passed_by_itself(path, site)


async def test_it_is_live_on_a_server_over_the_socket_and_over_http(start):
    ada, overseer = await asyncio.to_thread(start)
    heard: asyncio.Queue[Received] = asyncio.Queue()
    async with asyncio.timeout(WITHIN_S), overseer.client() as client, ada.client() as stranger:
        shown = (await client.subscribe("dashboard/machine", listener=heard.put_nowait)).snapshot
        assert (shown["title"], shown["interval_s"]) == ("Machine", 1.0)
        first, second = await told(heard, "up"), await told(heard, "up")
        assert 0 < first < second
        with pytest.raises(NotFound):
            await stranger.subscribe("dashboard/machine")

    status, _, body = await asyncio.to_thread(overseer.get, "/api/dashboard/machine/")
    assert (status, json.loads(body)["state"].keys()) == (200, {"load", "up"})
    status, _, past = await asyncio.to_thread(overseer.get, "/api/dashboard/machine/history/?minutes=60")
    assert status == 200
    assert any(json.loads(past)["fields"]["up"])
    for path in ("/api/dashboard/machine/", "/dashboard/machine/"):
        assert (await asyncio.to_thread(ada.get, path))[0] == 404


async def test_what_is_not_new_is_not_sent_again(start):
    _, overseer = await asyncio.to_thread(start)
    path = "/api/dashboard/belt/"  # nothing is told to it, so it stays as it is
    status, headers, _ = await asyncio.to_thread(overseer.get, path)
    assert status == 200
    status, _, body = await asyncio.to_thread(lambda: overseer.get(path, **{"If-None-Match": headers["ETag"]}))
    assert (status, body) == (304, "")


async def test_it_has_a_page_and_a_place_in_the_list(start):
    _, overseer = await asyncio.to_thread(start)
    status, headers, page = await asyncio.to_thread(overseer.get, "/dashboard/machine/")
    assert (status, headers.get_content_type()) == (200, "text/html")
    assert all(word in page for word in ("Machine", "Load", "Up for"))
    _, _, listed = await asyncio.to_thread(overseer.get, "/dashboard/")
    assert 'href="/dashboard/machine/"' in listed


async def test_what_a_command_pushes_is_seen_by_everybody_and_alerts(start):
    ada, overseer = await asyncio.to_thread(start, "cluster")
    parcels: asyncio.Queue[Received] = asyncio.Queue()
    alerts: asyncio.Queue[Received] = asyncio.Queue()
    async with asyncio.timeout(WITHIN_S), ada.client() as watching, overseer.client() as notified:
        await watching.subscribe("dashboard/belt", listener=parcels.put_nowait)
        await notified.subscribe("dashboard/alerts", listener=alerts.put_nowait)
        await asyncio.to_thread(ada.server.manage, "shell", "-v", "0", "-c", block(PAGE, "push").text)
        assert await told(parcels, "parcels") == 12
        (firing,) = await told(alerts, "firing")
    assert (firing["dashboard"], firing["label"], firing["severity"]) == ("belt", "Parcels on the belt", "critical")


async def test_its_limits_are_rules_for_prometheus(start):
    ada, _ = await asyncio.to_thread(start)
    written = yaml.safe_load(await asyncio.to_thread(ada.server.manage, "alert_rules"))
    rules = {group["name"]: group["rules"] for group in written["groups"]}
    load = rules["chorus-dashboard-machine"][0]
    assert (load["expr"], load["for"]) == (
        'max by (source, field) (chorus_dashboard_value{source="machine",field="load"}) > 8',
        "60s",
    )


async def told(heard: asyncio.Queue[Received], field: str) -> Any:
    """The next value of a field that is told and not empty."""
    while not (value := (await heard.get()).data.get("state", {}).get(field)):
        pass
    return value
