"""Rooms of python-socketio: `join` enters one, `message` goes to all of it, the sender included."""

from __future__ import annotations

import os
from typing import Any

import socketio


def manager() -> Any:
    """Who knows the rooms: this process, or this one and all others on the same Redis."""
    kind = os.environ.get("MANAGER", "memory")
    if kind == "memory":
        return socketio.AsyncManager()
    if kind == "redis":
        return socketio.AsyncRedisManager(os.environ["REDIS_URL"])
    raise ValueError(f"MANAGER is {kind!r}, and has to be memory or redis.")


# Only WebSocket: the clients come with it at once, so nothing is kept for a change of transport.
server = socketio.AsyncServer(async_mode="asgi", client_manager=manager(), transports=["websocket"])
application = socketio.ASGIApp(server)


async def join(sid: str, data: dict[str, Any]) -> None:
    """Enter a room. The acknowledgement that follows tells the client that it is in."""
    await server.enter_room(sid, data["room"])


async def message(_sid: str, data: dict[str, Any]) -> None:
    """Say something to everybody in a room."""
    await server.emit("message", {"message": data["message"]}, room=data["room"])


server.on("join", join)
server.on("message", message)
