"""Rates per user that hold over all processes without asking anybody on a request's path.

Each process counts for itself and tells the others once a tick what was spent; they take it from their own
buckets. So a user on two processes can overshoot by what passes between two ticks, and never by more for
long. Without a broker each process counts alone. Knows users by id and nothing of what is counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from realtime.hub.doors import PROCESS_STREAM, on_signal, signal
from realtime.hub.healing import on_check
from realtime.hub.hub import Hub
from realtime.hub.messages import process_id
from realtime.metrics import limit_hit
from realtime.protocol.limits import LimitName, TokenBucket

__all__ = ["UserRate"]

SIGNAL = "spent"
USERS_MAX = 100_000
"""Buckets kept; beyond it all start full again, which forgives and never refuses wrongly."""

_rates: dict[str, UserRate] = {}


class UserRate:
    """`burst` at once and `per_s` in the long run, for each user. One object per process and limit."""

    def __init__(self, limit: LimitName, per_s: float, burst: float) -> None:
        self._limit = limit
        self._per_s = per_s
        self._burst = burst
        self._buckets: dict[int, TokenBucket] = {}
        self._spent: dict[int, int] = {}
        _rates[limit] = self

    def take(self, user_id: int, now: float) -> float:
        """Take one and return 0.0, or take nothing and return the seconds to wait. now: monotonic."""
        wait_s = self._bucket(user_id, now).take(now)
        if not wait_s:
            self._spent[user_id] = self._spent.get(user_id, 0) + 1
        else:
            limit_hit(self._limit)
        return wait_s

    def told(self, spent: Mapping[int, int], now: float) -> None:
        """Another process says what its users spent."""
        for user_id, count in spent.items():
            if user_id in self._buckets:
                self._buckets[user_id].drain(now, count)

    def news(self) -> dict[int, int]:
        """What was spent here since the last call."""
        news, self._spent = self._spent, {}
        return news

    def _bucket(self, user_id: int, now: float) -> TokenBucket:
        bucket = self._buckets.get(user_id)
        if bucket is None:
            if len(self._buckets) >= USERS_MAX:
                self._buckets.clear()
            bucket = self._buckets[user_id] = TokenBucket(self._per_s, self._burst, now)
        return bucket


async def _tell(hub: Hub) -> None:
    for name, rate in _rates.items():
        news = rate.news()
        if news and not hub.broker.local:
            spent = [[user_id, count] for user_id, count in news.items()]
            signal(PROCESS_STREAM, SIGNAL, {"name": name, "spent": spent, "origin": process_id()})


def _told(hub: Hub, data: Mapping[str, Any]) -> None:
    rate = _rates.get(data["name"])
    if rate is not None and data["origin"] != process_id():
        rate.told(dict(data["spent"]), hub.loop.time())


on_check(_tell)
on_signal(SIGNAL, _told)
