from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.unit.realtime.hub.fakes import JumpingLoop


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Time passes at once here, as in the hub's tests."""
    return {"jumping": JumpingLoop}
