"""docs/how-to/add-a-topic.md does what it says, to the letter."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from realtime.client import RealtimeClient, Received
from realtime.protocol import Invalid, NotFound
from tests.support.pages import block, passed_by_itself

PAGE = "docs/how-to/add-a-topic.md"
TOPICS = block(PAGE, "hello/topics.py")
LINES_MAX = 20
WITHIN_S = 30.0

# The page's config/topics.py, under a name that leaves ours alone.
SETTINGS = """
from config.settings.dev import *
REALTIME = {**REALTIME, "TOPICS": "hello_site"}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page's files, to be put on Python's path."""
    site = tmp_path_factory.mktemp("hello")
    TOPICS.write_to(site)
    (site / "hello" / "__init__.py").touch()
    block(PAGE, "config/topics.py").write_to(site, "hello_site.py")
    (site / "hello_settings.py").write_text(SETTINGS)
    return site


def test_it_takes_no_more_than_twenty_lines():
    assert len(TOPICS.text.splitlines()) <= LINES_MAX


def test_its_own_test_passes_without_sockets(site):
    path = block(PAGE, "tests/unit/hello/test_hello_topics.py").write_to(site)
    assert "2 passed" in passed_by_itself(path, site)


async def test_it_runs_on_a_server_beside_the_topics_there_are(start_chorus, site):
    server = await asyncio.to_thread(
        start_chorus, "serve", DJANGO_SETTINGS_MODULE="hello_settings", PYTHONPATH=str(site)
    )
    printed = await asyncio.to_thread(server.manage, "loadtest_users", "--count", "2", "--room", "harbour")
    seen: asyncio.Queue[Received] = asyncio.Queue()
    first, second = (RealtimeClient(server.ws_url, token=token) for token in printed.split())
    async with asyncio.timeout(WITHIN_S), first as ada, second as bob:
        hello = await ada.subscribe("hello/world")
        assert hello.snapshot == {"greeting": "Hello, load-00001!"}
        await bob.subscribe("hello/world", listener=seen.put_nowait)
        assert await ada.request("hello/world", "wave", {"hand": "left"}) == {}
        waved = await next_event(seen, "waved")
        assert waved.data == {"by": "load-00001", "hand": "left"}
        with pytest.raises(Invalid):
            await ada.request("hello/world", "wave", {"hand": 5})
        with pytest.raises(NotFound):
            await ada.subscribe("hello/two words")
        assert (await ada.subscribe("chat/harbour")).snapshot["room"]["slug"] == "harbour"


async def next_event(seen: asyncio.Queue[Received], name: str) -> Received:
    while (received := await seen.get()).event != name:
        pass
    return received
