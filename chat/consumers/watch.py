"""Notices that rights in a room changed although no signal told: without a broker, and after a loss.

Rooms count such changes (`access_version`); the number rides along with every check of the logs' tops. One
number per room and process, so a check costs nothing; only rooms whose number moved are looked at again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

__all__ = ["AccessWatch"]

_FORGET_S = 120.0


class AccessWatch:
    """The access version each room had when somebody here was last checked against it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[str, tuple[int, float]] = {}

    def checked(self, slug: str, version: int) -> None:
        """Somebody was let in at `version`. One who was let in earlier keeps the earlier one."""
        known = self._known.get(slug)
        self._known[slug] = (version if known is None else min(version, known[0]), self._clock())

    def rechecked(self, slug: str, version: int) -> None:
        """Everybody whose rights changed up to `version` is being looked at."""
        known = self._known.get(slug)
        if known is not None and version > known[0]:
            self._known[slug] = (version, self._clock())

    def moved(self, tops: Mapping[str, int]) -> list[str]:
        """The rooms whose version moved on without a word; they count as looked at from here on."""
        now = self._clock()
        for slug in [slug for slug, (_, at) in self._known.items() if slug not in tops and now - at > _FORGET_S]:
            del self._known[slug]
        moved = [slug for slug, version in tops.items() if version > self._known.get(slug, (version, now))[0]]
        for slug in moved:
            self._known[slug] = (tops[slug], now)
        return moved
