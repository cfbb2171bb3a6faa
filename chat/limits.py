"""How often one user may post, over all their connections to this process and the HTTP API.

20 a second with bursts of 60 unless set otherwise (POSTS_PER_S, POSTS_BURST); accounts made for load tests are
exempt. Counted in memory: a limit that asked the broker would fail with it.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from realtime.conf import conf
from realtime.protocol.errors import RateLimited
from realtime.protocol.limits import TokenBucket

__all__ = ["PostLimit", "take_post"]

# A bucket that was not used for as long as it takes 10,000 others to post is full again.
_USERS_MAX = 10_000


class PostLimit:
    """A token bucket for each user; the least recently used are forgotten. Safe from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[int, TokenBucket] = OrderedDict()

    def take(self, user_id: int) -> None:
        """Count one post. Raises RateLimited."""
        now = self._clock()
        with self._lock:
            bucket = self._buckets.pop(user_id, None) or TokenBucket(conf().POSTS_PER_S, conf().POSTS_BURST, now)
            self._buckets[user_id] = bucket
            if len(self._buckets) > _USERS_MAX:
                self._buckets.popitem(last=False)
            wait_s = bucket.take(now)
        if wait_s:
            raise RateLimited("You are posting too fast; wait a little.", retry_after_s=round(wait_s, 3))


_posts = PostLimit()


def take_post(user_id: int, *, exempt: bool) -> None:
    """Count one post of a user. Raises RateLimited. exempt: an account made for load tests."""
    if not exempt:
        _posts.take(user_id)
