"""The chat tutorial of Django Channels, on both of its servers: what Chorus's users would have without it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from benchmarks.dialects import ChatDialect
from benchmarks.systems.programs import OWN_PYTHON, own_versions
from benchmarks.systems.system import Place, System

__all__ = ["CHANNELS", "UVICORN"]

PACKAGE = "benchmarks.peers.channels_tutorial"
APPLICATION = f"{PACKAGE}.asgi:application"
SERVERS = {"daphne": "Daphne", "uvicorn": "uvicorn"}
LAYERS = {"memory": "in-memory layer", "redis_core": "core Redis layer", "redis_pubsub": "Redis pub/sub layer"}

UVICORN = (
    *("--loop", "uvloop", "--http", "httptools"),
    # What `auto` chooses where websockets is installed.
    *("--ws", "websockets-sansio"),
    # On by default; to compress each message for each client anew is most of the cost then.
    *("--ws-per-message-deflate", "false"),
    *("--no-access-log", "--log-level", "warning"),
    # The clients are the benchmark's own: nobody waits for a friendly end.
    *("--timeout-graceful-shutdown", "1"),
)
"""What every ASGI server of the benchmark but Chorus runs with: one worker on the fastest parts uvicorn has."""


def _daphne(place: Place) -> Sequence[str]:
    return [
        *(OWN_PYTHON, "-m", "daphne", "-b", "127.0.0.1", "-p", str(place.port)),
        # 1, the default, writes a line for every connection.
        *("-v", "0"),
        # A crowd that comes at once may wait for its handshakes longer than the 5 s of the default.
        *("--websocket_connect_timeout", "60"),
        APPLICATION,
    ]


def _uvicorn(place: Place) -> Sequence[str]:
    command = [OWN_PYTHON, "-m", "uvicorn", "--host", "127.0.0.1", "--port", str(place.port)]
    # The tutorial's application has no lifespan.
    return [*command, *UVICORN, "--lifespan", "off", APPLICATION]


def _environment(layer: str, place: Place) -> Mapping[str, str]:
    return {"DJANGO_SETTINGS_MODULE": f"{PACKAGE}.settings", "LAYER": layer, "REDIS_URL": place.redis_url}


def _channels(server: str, command: Callable[[Place], Sequence[str]], layer: str) -> System:
    runs_on = (
        ["uvicorn", "uvloop", "httptools", "websockets"] if server == "uvicorn" else ["daphne", "twisted", "autobahn"]
    )
    return System(
        name=f"channels-{server}-{layer.removeprefix('redis_')}",
        title=f"Channels' chat tutorial on {SERVERS[server]}, {LAYERS[layer]}",
        kind="Django Channels",
        dialect=lambda _: ChatDialect(),
        command=command,
        environment=partial(_environment, layer),
        versions=partial(own_versions, "django", "channels", "channels-redis", "redis", *runs_on),
        needs_redis=layer != "memory",
    )


CHANNELS = (
    _channels("daphne", _daphne, "memory"),
    _channels("daphne", _daphne, "redis_pubsub"),
    _channels("uvicorn", _uvicorn, "memory"),
    _channels("uvicorn", _uvicorn, "redis_core"),
    _channels("uvicorn", _uvicorn, "redis_pubsub"),
)
