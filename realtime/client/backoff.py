"""How long to wait before trying again: exponential with full jitter, so that ten thousand clients of
one restarted server do not come back in one wave. Pure: randomness comes in.
"""

from collections.abc import Callable
from typing import Final

__all__ = ["BASE_S", "CAP_S", "backoff", "backoff_after"]

BASE_S: Final = 0.5
CAP_S: Final = 20.0


def backoff(attempt: int, random: Callable[[], float]) -> float:
    """Seconds, from 0 up to a ceiling that doubles with each failed attempt (from 0) up to CAP_S."""
    # The exponent is clamped: a float overflows near 2**1024, and the cap has won long before.
    return random() * min(CAP_S, BASE_S * 2.0 ** min(attempt, 16))


def backoff_after(attempt: int, random: Callable[[], float], retry_after_s: float | None) -> float:
    """The same, but a wait the server asked for is kept in full; jitter comes on top of it."""
    if retry_after_s is None:
        return backoff(attempt, random)
    return retry_after_s + random() * BASE_S
