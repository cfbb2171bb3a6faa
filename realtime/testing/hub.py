"""The hub of a test's event loop: close it before the loop ends."""

from __future__ import annotations

import asyncio

from realtime.executors import close_executors
from realtime.groupcommit import flush_all
from realtime.hub.doors import hub_of

__all__ = ["close_hub"]


async def close_hub() -> None:
    """Settle the writers, close this loop's hub and the database threads; nothing happens without a hub."""
    await flush_all()
    hub = hub_of(asyncio.get_running_loop())
    if hub is not None:
        await hub.aclose()
    await asyncio.to_thread(close_executors)
