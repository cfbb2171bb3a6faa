"""How often one may try: guessing a password is slowed down by name and by address, signing up by address.

Counts live in Django's cache, which is each process's own by default: with N workers a guesser has N times
the tries, which changes nothing about guessing. Knows nothing of passwords.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass

from django.core.cache import cache
from rest_framework.settings import api_settings
from rest_framework.throttling import AnonRateThrottle

from realtime.protocol.errors import RateLimited

__all__ = ["LOGIN_BY_NAME", "SIGNUP_BY_ADDRESS", "AttemptLimit", "login_by_address"]


@dataclass(frozen=True, slots=True)
class AttemptLimit:
    """`limit` attempts in a window of `window_s` that starts with the first."""

    name: str
    limit: int
    window_s: int

    def take(self, who: str) -> None:
        """Count an attempt. Raises RateLimited with the rest of the window when there were too many."""
        key, now = self._key(who), time.time()
        cache.add(f"{key}:ends", now + self.window_s, self.window_s)
        cache.add(key, 0, self.window_s)
        if self._counted(key) > self.limit:
            left_s = max(1.0, (cache.get(f"{key}:ends") or now) - now)
            raise RateLimited(f"Too many attempts; try again in {_spoken(left_s)}.", retry_after_s=left_s)

    def clear(self, who: str) -> None:
        """Forget the attempts: the last one was right."""
        key = self._key(who)
        cache.delete_many([key, f"{key}:ends"])

    def _counted(self, key: str) -> int:
        try:
            return int(cache.incr(key))
        except ValueError:  # it ran out between the two calls
            cache.add(key, 1, self.window_s)
            return 1

    def _key(self, who: str) -> str:
        # What people type is no cache key; a hash is, and keeps names out of a shared cache.
        return f"attempts:{self.name}:{hashlib.sha256(who.lower().encode()).hexdigest()}"


# Ten wrong passwords, then five minutes' rest: nobody types ten, and a dictionary takes centuries. Whoever
# locks a stranger out this way locks them out of the form alone: sessions and tokens go on.
LOGIN_BY_NAME = AttemptLimit("login-name", 10, 300)
SIGNUP_BY_ADDRESS = AttemptLimit("signup-address", 30, 3_600)


def login_by_address() -> AttemptLimit:
    """The limit of log-ins from one address: the rate `token` of the settings."""
    rate = str(api_settings.DEFAULT_THROTTLE_RATES["token"])
    limit, window_s = AnonRateThrottle().parse_rate(rate)
    assert limit is not None
    assert window_s is not None
    return AttemptLimit("login-address", limit, window_s)


def _spoken(seconds: float) -> str:
    return f"{int(seconds)} seconds" if seconds < 120 else f"{round(seconds / 60)} minutes"
