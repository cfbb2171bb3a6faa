"""ASGI lifespan: the hub starts with the server, and is closed when the server's last connection is gone.

Servers without lifespan (Daphne) start the hub on first use.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from realtime import health
from realtime.executors import close_executors
from realtime.hub.hub import current_hub

__all__ = ["lifespan"]


async def lifespan(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """The application for `scope["type"] == "lifespan"`; a place in the ProtocolTypeRouter."""
    await receive()  # lifespan.startup
    hub = current_hub()
    health.ready()
    await send({"type": "lifespan.startup.complete"})
    await receive()  # lifespan.shutdown
    await hub.aclose()
    await asyncio.to_thread(close_executors)
    await send({"type": "lifespan.shutdown.complete"})
