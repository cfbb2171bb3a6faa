"""Django's settings: nothing but the channel layer, with room enough that it loses nothing by itself."""

from __future__ import annotations

import os
import secrets
from typing import Any

SECRET_KEY = secrets.token_hex(32)
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "benchmarks.peers.channels_tutorial.routing"
ASGI_APPLICATION = "benchmarks.peers.channels_tutorial.asgi.application"

# By default a layer drops, without a word to anybody, what comes on top of 100 messages that a consumer has not yet
# taken, and what has waited for a minute. One sender's burst fills that; a server that falls behind is to be seen
# falling behind, not to win by leaving messages out.
CAPACITY = 1_000_000
EXPIRY_S = 3_600

# The core layer takes a connection for every operation under way, and redis-py's pool refuses the 101st: with its
# default most of a crowd that joins at once is turned away.
REDIS_CONNECTIONS = 10_000


def layer(kind: str, redis_url: str) -> dict[str, Any]:
    """One of the layers of Channels and channels-redis, for CHANNEL_LAYERS."""
    if kind == "memory":
        return {
            "BACKEND": "channels.layers.InMemoryChannelLayer",
            "CONFIG": {"capacity": CAPACITY, "expiry": EXPIRY_S},
        }
    hosts = [{"address": redis_url, "max_connections": REDIS_CONNECTIONS}]
    if kind == "redis_core":
        return {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": hosts, "capacity": CAPACITY, "expiry": EXPIRY_S},
        }
    if kind == "redis_pubsub":
        # It has no capacity: its queues are unbounded.
        return {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": hosts}}
    raise ValueError(f"LAYER is {kind!r}, and has to be memory, redis_core or redis_pubsub.")


CHANNEL_LAYERS = {"default": layer(os.environ.get("LAYER", "memory"), os.environ.get("REDIS_URL", ""))}

# The core layer says at this level when it drops something after all.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "loggers": {"channels_redis": {"handlers": ["stderr"], "level": "INFO"}},
}
