"""ASGI lifespan: the hub starts with the server, and is closed when the server's last connection is gone.

Servers without lifespan (Daphne) start the hub on first use.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from django.db import connection

from realtime import health
from realtime.executors import close_executors, run_read
from realtime.hub.hub import current_hub
from realtime.protocol.errors import Unavailable

__all__ = ["lifespan"]

logger = logging.getLogger(__name__)

DATABASE_WITHIN_S = 3.0


async def lifespan(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """The application for `scope["type"] == "lifespan"`; a place in the ProtocolTypeRouter."""
    health.starting()
    await receive()  # lifespan.startup
    hub = current_hub()
    await _meet_the_database()
    health.ready()
    await send({"type": "lifespan.startup.complete"})
    try:
        await receive()  # lifespan.shutdown
    except asyncio.CancelledError:
        return  # a server in a hurry does not ask, and nothing waits for its clients any more
    health.draining()
    await hub.aclose()
    await asyncio.to_thread(close_executors)
    await send({"type": "lifespan.shutdown.complete"})


async def _meet_the_database() -> None:
    """The first request need not wait for it. Where it is away the process serves all the same, and is not ready."""
    try:
        async with asyncio.timeout(DATABASE_WITHIN_S):
            await run_read(_connect)
    except (TimeoutError, Unavailable) as error:
        why = f"no answer in {DATABASE_WITHIN_S:g} s" if isinstance(error, TimeoutError) else error.__cause__
        logger.warning("The database does not answer; not ready until it does: %s", why)


def _connect() -> None:
    connection.ensure_connection()  # of the thread this runs in
