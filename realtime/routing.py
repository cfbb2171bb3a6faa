"""Where the engine's socket lives. Plain Channels consumers may be routed beside it, with their own groups."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from django.urls import path, re_path

from realtime.consumers.entrance import ConnectionConsumer

__all__ = ["nowhere_urlpatterns", "websocket_urlpatterns"]


async def nowhere(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """Refuse a handshake (403). Channels would raise instead: a traceback in the log for whoever asks."""
    await receive()  # websocket.connect
    await send({"type": "websocket.close"})


websocket_urlpatterns = [path("ws/", ConnectionConsumer.as_asgi())]  # type: ignore[arg-type]  # Channels routes ASGI applications

# The last of all: for every address that nobody listed.
nowhere_urlpatterns: list[Any] = [re_path("", nowhere)]  # type: ignore[arg-type]  # as above
