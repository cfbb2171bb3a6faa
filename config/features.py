"""Fills the settings of the engine and of each feature from the environment.

A setting is the variable of the same name with CHORUS_ before it; its default stands in the package's own conf.
"""

from __future__ import annotations

from dataclasses import fields
from math import inf
from typing import TYPE_CHECKING, Any

from chat.conf import ChatConf
from presence.conf import PresenceConf
from realtime.conf import EngineConf

if TYPE_CHECKING:
    from config.environment import Environment

__all__ = ["chat_settings", "dashboard_settings", "engine_settings", "presence_settings"]

# Zero would mean that nobody may do anything, or a loop without a pause.
SHORTEST_S = 0.001
FLOORS: dict[str, int] = {
    # Clients count on a key for this long (docs/reference/protocol.md).
    "KEY_DAYS": 7,
    # Without these limits a server works; without any other it would not.
    "CONNECTS_PER_S": 0,
    "CONNECTS_PER_ADDRESS_PER_S": 0,
}
CEILINGS: dict[str, float] = {
    # Above 1 MiB the server closes instead of answering `too_large`, so no limit on frames can be higher.
    "FRAME_BYTES": 1_048_576,
    # More would not fit the 2 s within which a lost event must be healed.
    "CHECK_EVERY_S": 2.0,
    # Bulk work holds its locks for so many changes at most.
    "BATCH_MAX": 200,
}
# Named in the protocol without a prefix.
VARIABLES = {"ROOM_MAX_MEMBERS": "ROOM_MAX_MEMBERS"}


def engine_settings(env: Environment) -> dict[str, Any]:
    """Read `settings.REALTIME`."""
    defaults = EngineConf()
    return {
        **read(env, defaults),
        "ALLOWED_ORIGINS": env.origins("CHORUS_ALLOWED_ORIGINS"),
        "METRICS_TOKEN": env.token("CHORUS_METRICS_TOKEN"),
        "METRICS_ALLOWED": env.networks("CHORUS_METRICS_ALLOWED", defaults.METRICS_ALLOWED),
    }


def chat_settings(env: Environment) -> dict[str, Any]:
    """Read `settings.CHAT`."""
    return {**read(env, ChatConf()), "PRESENT": "presence.counts.present"}


def presence_settings(env: Environment, redis_url: str) -> dict[str, Any]:
    """Read `settings.PRESENCE`."""
    return {
        **read(env, PresenceConf(), "PRESENCE_"),
        "SUBJECT": "chat/{room}",
        "MAY_SEE": "chat.selectors.users_met",
        "REDIS_URL": redis_url,
        "ALWAYS": True,
    }


def dashboard_settings(redis_url: str) -> dict[str, Any]:
    """Give `settings.DASHBOARD`."""
    return {"REDIS_URL": redis_url, "ALWAYS": True}


def read(env: Environment, defaults: EngineConf | ChatConf | PresenceConf, prefix: str = "") -> dict[str, Any]:
    """Read what is a number or a flag, and begins so; the rest of a conf is not for the environment to choose."""
    chosen: dict[str, Any] = {}
    for item in [item for item in fields(defaults) if item.name.startswith(prefix)]:
        name, default = item.name, getattr(defaults, item.name)
        variable = VARIABLES.get(name, f"CHORUS_{name}")
        high = CEILINGS.get(name, inf)
        if item.type == "bool":
            chosen[name] = env.flag(variable, default=default)
        elif item.type == "int":
            chosen[name] = env.integer(variable, default, low=FLOORS.get(name, 1), high=high)
        elif item.type == "float":
            chosen[name] = env.decimal(variable, default, low=SHORTEST_S, high=high)
    return chosen
