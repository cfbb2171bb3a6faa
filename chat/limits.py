"""How often one user may post, over all their connections and the HTTP API.

20 a second with bursts of 60 unless set otherwise (POSTS_PER_S, POSTS_BURST); accounts made for load tests are
exempt. What other processes counted comes in behind (`realtime.rates`), never on a post's path.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from realtime.conf import conf
from realtime.protocol.errors import RateLimited
from realtime.protocol.limits import LimitName, retry_after
from realtime.rates import UserRate

__all__ = ["PostLimit", "take_post"]


class PostLimit:
    """The rate of posts. Sockets count on the event loop and the API in threads, hence the lock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._rate: UserRate | None = None

    def take(self, user_id: int) -> None:
        """Count one post. Raises RateLimited."""
        with self._lock:
            if self._rate is None:  # settings are there by the first post, not by the import
                self._rate = UserRate(LimitName.POSTS_PER_S, conf().POSTS_PER_S, conf().POSTS_BURST)
            wait_s = self._rate.take(user_id, self._clock())
        if wait_s:
            raise RateLimited("You are posting too fast; wait a little.", retry_after_s=retry_after(wait_s))


_posts = PostLimit()


def take_post(user_id: int, *, exempt: bool) -> None:
    """Count one post of a user. Raises RateLimited. exempt: an account made for load tests."""
    if not exempt:
        _posts.take(user_id)
