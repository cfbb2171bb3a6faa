from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from realtime.hub.hub import Hub, current_hub
from tests.unit.realtime.hub.fakes import DATABASE, Database, JumpingLoop


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Time passes at once here: what waits thirty seconds is a test of microseconds."""
    return {"jumping": JumpingLoop}


@pytest.fixture
def database() -> Database:
    DATABASE.__init__()
    return DATABASE


@pytest.fixture
async def hub(database: Database) -> AsyncIterator[Hub]:
    """The loop's hub with the default settings, without a broker and without connections."""
    hub = current_hub()
    yield hub
    await hub.aclose()
