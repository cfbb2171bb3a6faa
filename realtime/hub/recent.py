"""The newest items of one log, kept by the process: who comes back after a cut is served without the database.

Ten thousand clients that lost the same server ask for nearly the same changes. Knows no topic and no time;
the stream appends what it has accepted, in order and without a hole.
"""

from __future__ import annotations

from collections import deque

from realtime.hub.types import Item

__all__ = ["Recent"]

ITEMS_MAX = 500
"""As many as one recovery may tell (RECOVER_CHANGES); whoever is further behind gets a snapshot."""


class Recent:
    """Items after `floor`, ascending, at most ITEMS_MAX and `budget_bytes` of frames."""

    __slots__ = ("_budget_bytes", "_bytes", "_floor", "_items")

    def __init__(self, floor: int, budget_bytes: int) -> None:
        self._floor = floor
        self._budget_bytes = budget_bytes
        self._items: deque[Item] = deque()
        self._bytes = 0

    def append(self, item: Item) -> None:
        """Keep `item`, which follows the last one; the oldest make room."""
        self._items.append(item)
        self._bytes += len(item.frame)
        while self._bytes > self._budget_bytes or len(self._items) > ITEMS_MAX:
            oldest = self._items.popleft()
            assert oldest.seq is not None
            self._floor = oldest.seq
            self._bytes -= len(oldest.frame)

    def since(self, seq: int) -> list[Item] | None:
        """Every change after `seq`, each subject once by its latest; None if that reaches back too far."""
        if seq < self._floor:
            return None
        latest: dict[object, Item] = {}
        for item in self._items:
            assert item.seq is not None
            if item.seq > seq:
                subject = item.seq if item.subject is None else item.subject
                latest.pop(subject, None)  # so that it stands where its latest does
                latest[subject] = item
        return list(latest.values())
