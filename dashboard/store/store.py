"""What a store of dashboards does. Times are milliseconds of the store's own clock, which all processes share.

A source's next computation is claimed by one process: it sets when the one after it is due, and until when nobody
else may begin. So a source is computed once per interval in the whole cluster, without a leader, and goes on
elsewhere when the process that had it dies.
"""

# ruff: noqa: N818 - what happened, not an error of somebody's

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

__all__ = [
    "ROWS_GAP_MS",
    "ROWS_KEPT_MS",
    "SAMPLES_KEPT_MS",
    "Claim",
    "Due",
    "Kept",
    "Row",
    "Store",
    "StoreAway",
    "Told",
]

ROWS_KEPT_MS = 3_600_000
"""The past that charts begin with."""
ROWS_GAP_MS = 900
"""Between two rows of the past, at least: what is told ten times a second is not kept so."""
SAMPLES_KEPT_MS = 15_000
"""After so long without a word a process is gone."""


class StoreAway(Exception):
    """It cannot be reached; nothing is known of what was asked."""


class Claim(NamedTuple):
    """What a process would compute. phase_ms: where in each interval; lease_ms: how long nobody else may begin."""

    name: str
    interval_ms: int
    phase_ms: int
    lease_ms: int


class Due(NamedTuple):
    """The answer to claims: the store's clock, and the sources that this process is to compute now."""

    now_ms: int
    names: Sequence[str]


class Kept(NamedTuple):
    """A document as it is kept; `body` is its JSON."""

    version: int
    body: bytes


class Row(NamedTuple):
    """The numbers of a source at a moment, as JSON: `[at, value, …]`. layout: names them; another one is another past.

    most: how many are kept.
    """

    layout: str
    at_ms: int
    body: bytes
    most: int


class Told(NamedTuple):
    """What a process said of itself, and how long ago."""

    process: str
    ago_ms: int
    body: bytes


class Store(Protocol):
    """One per process and event loop. Every method may raise StoreAway; none waits longer than a few seconds."""

    async def claim(self, claims: Sequence[Claim]) -> Due:
        """Which of these are due and free; they are this process' now."""

    async def read(self, names: Sequence[str]) -> Mapping[str, Kept]:
        """The documents there are."""

    async def commit(self, name: str, base: int | None, kept: Kept, row: Row | None, *, release: bool) -> bool:
        """Replace the document whose version is `base` (None: there is none); False where another one is there.

        release: the computation is over, and the next may begin when it is due.
        """

    async def release(self, name: str) -> None:
        """The computation is over, and there is nothing to commit."""

    async def rows(self, name: str, layout: str, since_ms: int) -> Sequence[bytes]:
        """The past after `since_ms`, oldest first."""

    async def fill(self, name: str, rows: Sequence[Row]) -> None:
        """Keep rows, oldest first, where none are; they are all of one layout."""

    async def once(self, word: str) -> bool:
        """Whether this is the first process to say this word within a minute."""

    async def say(self, process: str, body: bytes) -> None:
        """What a process says of itself; the last word counts."""

    async def said(self) -> Sequence[Told]:
        """What the processes that were heard of lately said."""

    async def unsay(self, process: str) -> None:
        """The process ends in order."""

    async def aclose(self) -> None:
        """Let go of connections."""
