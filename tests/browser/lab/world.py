"""What the lab's dashboards show. One process has one world."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["CHARTS", "WORLD", "wave"]

CHARTS = 12
WORLD: dict[str, Any] = {
    "people": 40.0,
    "fails": False,
    "latency": 42.0,
    "errors": {"rate_limited": 3.2, "invalid": 1.4, "not_found": 0.2},
    "rooms": [
        {"room": "general", "members": 48, "rate": 12.4, "since": 1_790_000_000_000},
        {"room": "random", "members": 9, "rate": 3.1, "since": 1_790_100_000_000},
        {"room": "support", "members": 31, "rate": 0.4, "since": None},
    ],
    "note": "All is well",
}


def wave(number: int, at_s: float) -> float:
    """A line that moves, and is the same whenever it is asked for the same moment."""
    slow, quick = math.sin(at_s / (97 + 13 * number)), math.sin(at_s / (11 + number) + number)
    return round((number + 2) * (12 + 5 * slow + 2 * quick), 2)
