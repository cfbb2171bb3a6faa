"""Dashboards of one process, in memory. Several stores on one shelf behave like several processes: for tests."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from dashboard.store.store import ROWS_GAP_MS, SAMPLES_KEPT_MS, Claim, Due, Kept, Row, Told

__all__ = ["MemoryStore", "Shelf"]

ONCE_MS = 60_000


def wall_ms() -> int:
    """The clock of this process, in milliseconds."""
    return time.time_ns() // 1_000_000


@dataclass
class Shelf:
    """What the stores of one cluster share."""

    now_ms: Callable[[], int] = wall_ms
    kept: dict[str, Kept] = field(default_factory=dict)
    due: dict[str, int] = field(default_factory=dict)
    busy: dict[str, int] = field(default_factory=dict)
    rows: dict[tuple[str, str], deque[tuple[int, bytes]]] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)
    said: dict[str, tuple[int, bytes]] = field(default_factory=dict)


class MemoryStore:
    """A `Store`."""

    def __init__(self, shelf: Shelf | None = None) -> None:
        self.shelf = shelf or Shelf()

    async def claim(self, claims: Sequence[Claim]) -> Due:
        now, shelf = self.shelf.now_ms(), self.shelf
        claimed = []
        for name, interval, phase, lease in claims:
            due, busy = shelf.due.get(name, 0), shelf.busy.get(name, 0)
            # A time too far ahead was set with a longer interval than the source has now, or before a clock was set.
            if (now >= due or due > now + interval) and (now >= busy or busy > now + lease):
                shelf.due[name] = now - (now - phase) % interval + interval
                shelf.busy[name] = now + lease
                claimed.append(name)
        return Due(now, claimed)

    async def read(self, names: Sequence[str]) -> Mapping[str, Kept]:
        return {name: self.shelf.kept[name] for name in names if name in self.shelf.kept}

    async def commit(self, name: str, base: int | None, kept: Kept, row: Row | None, *, release: bool) -> bool:
        found = self.shelf.kept.get(name)
        if (None if found is None else found.version) != base:
            return False
        self.shelf.kept[name] = kept
        if release:
            self.shelf.busy.pop(name, None)
        if row is not None:
            self.append(name, row)
        return True

    async def release(self, name: str) -> None:
        self.shelf.busy.pop(name, None)

    async def rows(self, name: str, layout: str, since_ms: int) -> Sequence[bytes]:
        return [body for at, body in self.shelf.rows.get((name, layout), ()) if at > since_ms]

    async def fill(self, name: str, rows: Sequence[Row]) -> None:
        if rows and not self.shelf.rows.get((name, rows[0].layout)):
            for row in rows:
                self.append(name, row)

    async def once(self, word: str) -> bool:
        now = self.shelf.now_ms()
        for old in [each for each, until in self.shelf.words.items() if until <= now]:
            del self.shelf.words[old]
        if word in self.shelf.words:
            return False
        self.shelf.words[word] = now + ONCE_MS
        return True

    async def say(self, process: str, body: bytes) -> None:
        self.shelf.said[process] = self.shelf.now_ms(), body

    async def said(self) -> Sequence[Told]:
        now = self.shelf.now_ms()
        for process in [each for each, (at, _) in self.shelf.said.items() if now - at > SAMPLES_KEPT_MS]:
            del self.shelf.said[process]
        return [Told(process, now - at, body) for process, (at, body) in sorted(self.shelf.said.items())]

    async def unsay(self, process: str) -> None:
        self.shelf.said.pop(process, None)

    async def aclose(self) -> None:
        """There is nothing to let go of."""

    def append(self, name: str, row: Row) -> None:
        """Keep a row of the past."""
        rows = self.shelf.rows.setdefault((name, row.layout), deque())
        if rows and row.at_ms - rows[-1][0] < ROWS_GAP_MS and row.at_ms >= rows[-1][0]:
            return
        rows.append((row.at_ms, row.body))
        while len(rows) > row.most:
            rows.popleft()
