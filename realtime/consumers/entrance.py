"""Who comes in: let in, or turned away with a close code and a reason. Nothing of a connection exists before.

`ConnectionConsumer` is a Channels consumer and is routed like one, but it owns no channel and takes no trip
through a database thread for each event: stock Channels pays a msgpack decode, a queue, a task and a
thread hop per delivery (160 to 340 µs), the hub one write. `Connection` is what it runs.
"""

from __future__ import annotations

from typing import Any

from channels.consumer import AsyncConsumer

from realtime.auth.address import connection_address
from realtime.auth.connect import authenticate_scope
from realtime.consumers.connection import Connection, Outward, Receive, Scope, subprotocol
from realtime.hub.hub import current_hub
from realtime.metrics import connection_refused
from realtime.protocol.codes import CloseCode
from realtime.protocol.errors import ConnectionRefused, RealtimeError

__all__ = ["ConnectionConsumer"]


class ConnectionConsumer(AsyncConsumer):
    """Mount it with `ConnectionConsumer.as_asgi()` in a URLRouter."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope = scope
        await receive()  # websocket.connect
        hub = current_hub()
        came_at = hub.loop.time()
        try:
            hub.connections.admit(connection_address(scope))
            authenticated = await authenticate_scope(scope)
        except ConnectionRefused as refused:
            connection_refused(refused)
            await _turn_away(scope, receive, send, refused.close_code, refused.message)
            return
        except RealtimeError as error:
            connection_refused(error)
            await _turn_away(scope, receive, send, CloseCode.TRY_LATER, '{"retry_after_s": 2}')
            return
        await send({"type": "websocket.accept", "subprotocol": subprotocol(scope)})
        # Every layer around this one holds the scope for as long as the socket is open, and its headers are 2 KiB,
        # the session's cookie among them. A middleware that wants them later keeps its own copy.
        if isinstance(headers := scope.get("headers"), list):
            headers.clear()
        await Connection(scope, send, hub, authenticated, came_at).run(receive)


async def _turn_away(scope: Scope, receive: Receive, send: Outward, code: CloseCode, reason: str) -> None:
    """Accept, then close: before the accept a browser would see only 1006 and no reason."""
    await send({"type": "websocket.accept", "subprotocol": subprotocol(scope)})
    await send({"type": "websocket.close", "code": int(code), "reason": reason})
    message = await receive()
    while message["type"] != "websocket.disconnect":
        message = await receive()
