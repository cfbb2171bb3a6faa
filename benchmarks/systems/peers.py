"""The servers of other worlds: python-socketio, and on Node.js Socket.IO and ws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from benchmarks.dialects import ChatDialect, SocketIoDialect
from benchmarks.systems.channels import UVICORN
from benchmarks.systems.programs import NODE, PEERS_PYTHON, node_versions, peers_versions
from benchmarks.systems.system import Place, System

__all__ = ["PEERS"]


def _python(place: Place) -> Sequence[str]:
    return [
        *(PEERS_PYTHON, "-m", "uvicorn", "--host", "127.0.0.1", "--port", str(place.port), *UVICORN),
        # Engine.IO asks for life itself; uvicorn need not ask a second time.
        *("--ws-ping-interval", "0"),
        "benchmarks.peers.python_socketio.server:application",
    ]


def _python_environment(manager: str, place: Place) -> Mapping[str, str]:
    return {"MANAGER": manager, "REDIS_URL": place.redis_url}


def _node(script: str, _: Place) -> Sequence[str]:
    return ["node", str(NODE / script)]


def _node_environment(adapter: str, place: Place) -> Mapping[str, str]:
    return {"NODE_ENV": "production", "PORT": str(place.port), "ADAPTER": adapter, "REDIS_URL": place.redis_url}


def _python_socketio(manager: str, title: str) -> System:
    return System(
        name=f"python-socketio-{manager}",
        title=f"python-socketio on uvicorn, {title}",
        kind="Python",
        dialect=lambda _: SocketIoDialect(),
        command=_python,
        environment=partial(_python_environment, manager),
        versions=partial(
            peers_versions,
            "python-socketio",
            "python-engineio",
            "redis",
            "uvicorn",
            "uvloop",
            "httptools",
            "websockets",
        ),
        needs_redis=manager == "redis",
    )


def _socketio(adapter: str, title: str, *packages: str) -> System:
    return System(
        name=f"socketio-{adapter}",
        title=f"Socket.IO, {title}",
        kind="Node.js",
        dialect=lambda _: SocketIoDialect(),
        command=partial(_node, "socketio.mjs"),
        environment=partial(_node_environment, adapter),
        versions=partial(node_versions, "socket.io", "engine.io", "ws", "bufferutil", *packages),
        needs_redis=adapter == "redis",
    )


PEERS = (
    _python_socketio("memory", "in memory"),
    _python_socketio("redis", "Redis manager"),
    _socketio("memory", "in memory"),
    _socketio("redis", "Redis adapter", "@socket.io/redis-adapter", "redis"),
    System(
        name="ws",
        title="ws, rooms in memory",
        kind="Node.js",
        dialect=lambda _: ChatDialect(),
        command=partial(_node, "ws.mjs"),
        environment=partial(_node_environment, "memory"),
        versions=partial(node_versions, "ws", "bufferutil"),
    ),
)
