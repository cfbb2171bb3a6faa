"""docs/how-to/channels-consumers.md: a plain consumer lives beside the engine, with groups of its own."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from realtime.client import RealtimeClient
from tests.support.chorus import ROOT
from tests.support.pages import block

PAGE = "docs/how-to/channels-consumers.md"
WITHIN_S = 30.0
SETTINGS = """
from config.settings.dev import *
ASGI_APPLICATION = "clock_asgi.application"
"""
PATTERNS = re.compile(r"^websocket_urlpatterns: .*\n", re.MULTILINE)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page's consumer, and config/asgi.py with the page's lines in place of ours."""
    site = tmp_path_factory.mktemp("clock")
    block(PAGE, "clock/consumers.py").write_to(site)
    ours = (ROOT / "config/asgi.py").read_text()
    theirs, count = PATTERNS.subn(block(PAGE, "config/asgi.py").text, ours)
    assert count == 1
    (site / "clock_asgi.py").write_text(theirs)
    (site / "clock_settings.py").write_text(SETTINGS)
    return site


@pytest.mark.parametrize("shape", ["serve", "cluster"])
async def test_both_kinds_hear_their_own_on_one_server(start_chorus, site, shape):
    server = await asyncio.to_thread(start_chorus, shape, DJANGO_SETTINGS_MODULE="clock_settings", PYTHONPATH=str(site))
    token = (await asyncio.to_thread(server.manage, "loadtest_users", "--count", "1", "--room", "harbour")).strip()
    clock = f"{server.ws_url}clock/"
    async with (
        asyncio.timeout(WITHIN_S),
        connect(clock) as one,
        connect(clock) as two,
        connect(clock) as three,
        RealtimeClient(server.ws_url, token=token) as ada,
    ):
        room = await ada.subscribe("chat/harbour")
        await ada.post("chat/harbour", "message.post", {"text": "Hello"})
        assert [(await anext(room)).event for _ in range(2)] == ["snapshot", "message"]
        await one.send(json.dumps({"at": "12:00"}))
        for socket in (one, two, three):
            assert json.loads(await socket.recv()) == {"at": "12:00"}
