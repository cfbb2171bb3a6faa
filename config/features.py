"""Fills the settings of the engine and of each feature from the environment.

Each engine setting is the variable of the same name with CHORUS_ before it, and its default is the engine's.
"""

from __future__ import annotations

from dataclasses import fields
from math import inf
from typing import TYPE_CHECKING, Any

from realtime.conf import EngineConf

if TYPE_CHECKING:
    from config.environment import Environment

# Zero would mean nobody may do anything, or a loop without a pause.
AT_LEAST_ONE = 1
SHORTEST_S = 0.001
# Above 1 MiB the server closes instead of answering `too_large`, so no frame limit can be higher.
FRAME_BYTES_MAX = 1_048_576
# More would not fit the 2 s within which a lost event must be healed.
CHECK_EVERY_MAX_S = 2.0
CEILINGS: dict[str, float] = {"FRAME_BYTES": FRAME_BYTES_MAX, "CHECK_EVERY_S": CHECK_EVERY_MAX_S}


def engine_settings(env: Environment) -> dict[str, Any]:
    """Read `settings.REALTIME`: every field of the engine's conf that is a number or a list of origins."""
    defaults = EngineConf()
    chosen: dict[str, Any] = {"ALLOWED_ORIGINS": env.origins("CHORUS_ALLOWED_ORIGINS")}
    for item in fields(EngineConf):
        default = getattr(defaults, item.name)
        variable = f"CHORUS_{item.name}"
        high = CEILINGS.get(item.name, inf)
        if item.type == "int":
            chosen[item.name] = env.integer(variable, default, low=AT_LEAST_ONE, high=high)
        elif item.type == "bool":
            chosen[item.name] = env.flag(variable, default=default)
        elif item.type == "float":
            chosen[item.name] = env.decimal(variable, default, low=SHORTEST_S, high=high)
    return chosen


def chat_settings(env: Environment) -> dict[str, int]:
    """Read `settings.CHAT`."""
    return {
        "ROOM_MAX_MEMBERS": env.integer("ROOM_MAX_MEMBERS", 500, low=AT_LEAST_ONE),
        "KEY_DAYS": env.integer("CHORUS_KEY_DAYS", 7, low=7),
        "QUEUE_MAX": env.integer("CHORUS_QUEUE_MAX", 10_000, low=AT_LEAST_ONE),
        "BATCH_MAX": env.integer("CHORUS_BATCH_MAX", 200, low=AT_LEAST_ONE, high=200),
    }
