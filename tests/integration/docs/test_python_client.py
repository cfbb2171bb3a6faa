"""docs/how-to/use-the-python-client.md: its program, run as the page says."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process

import pytest

from realtime.client import RealtimeClient
from tests.support.chorus import ROOT
from tests.support.pages import block
from tests.support.processes import environment

PAGE = "docs/how-to/use-the-python-client.md"
PASSWORD = "a long enough pass phrase"
WITHIN_S = 30.0
MAKE_PERSON = f"from accounts.models import User; User.objects.create_user('ada', password={PASSWORD!r})"


@pytest.fixture
async def ended():
    """Ends what a test started."""
    started: list[Process] = []
    yield started
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_the_program_says_hello_prints_what_is_said_and_comes_back(start_chorus, tmp_path, ended):
    server = await asyncio.to_thread(start_chorus, "serve")
    await asyncio.to_thread(server.manage, "shell", "-c", MAKE_PERSON)
    token = (await asyncio.to_thread(server.manage, "loadtest_users", "--count", "1", "--room", "harbour")).strip()
    program = block(PAGE, "greet.py").write_to(tmp_path)
    greet = await asyncio.create_subprocess_exec(
        *(sys.executable, str(program), server.url, "ada", PASSWORD, "harbour"),
        env=environment(PYTHONPATH=str(ROOT)),
        stdout=PIPE,
    )
    ended.append(greet)
    assert greet.stdout is not None
    async with asyncio.timeout(WITHIN_S), RealtimeClient(server.ws_url, token=token) as client:
        assert (await greet.stdout.readline()).decode() == "ada: Hello from Python\n"
        await client.subscribe("chat/harbour")
        await client.post("chat/harbour", "message.post", {"text": "Hello to you"})
        assert (await greet.stdout.readline()).decode() == "load-00001: Hello to you\n"
        await asyncio.to_thread(server.restart)
        await client.post("chat/harbour", "message.post", {"text": "Still there?"})
        assert (await greet.stdout.readline()).decode() == "load-00001: Still there?\n"
