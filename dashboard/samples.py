"""What the processes of the cluster say of themselves: each its last second, and its delays over the last ten.

A process tells the store, and whichever process computes a dashboard reads what all have told. Ten seconds, because a
p99 of one quiet second is its slowest message.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from dashboard.store import Store
from realtime.metrics import Sample

__all__ = ["LATE_MS", "Heard", "Teller", "added", "heard"]

LATE_MS = 3_500
"""After so long without a word a process counts as late, and what it said is not added up any more."""
FIRST_WORD_S = 2.0
LOOK_S = 0.1
WINDOW = 10
"""Samples that delays are taken over."""


class Told(msgspec.Struct, frozen=True):
    """What is kept of one process. delays: as in Sample, over WINDOW samples."""

    sample: Sample
    delays: dict[str, list[int]]


class Heard(NamedTuple):
    """A process, and how long ago it said so."""

    ago_ms: int
    sample: Sample
    delays: dict[str, list[int]]

    @property
    def late(self) -> bool:
        """Whether nothing was heard of it for too long."""
        return self.ago_ms > LATE_MS


_told = msgspec.json.Decoder(Told)


class Teller:
    """Tells the store of this process; `tell` is called with each sample."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._recent: deque[Sample] = deque(maxlen=WINDOW)
        self._process = ""
        self._telling: asyncio.Task[None] | None = None

    def tell(self, sample: Sample) -> None:
        """On the loop. A word that is still on its way is not waited for: the next one says more."""
        self._recent.append(sample)
        self._process = sample.process
        if self._telling is None or self._telling.done():
            self._telling = asyncio.get_running_loop().create_task(self._say(sample))

    async def aclose(self) -> None:
        """The process ends in order: it is not missed."""
        if self._telling is not None:
            await asyncio.wait({self._telling}, timeout=0.5)
        if self._process:
            await self._store.unsay(self._process)

    async def _say(self, sample: Sample) -> None:
        delays = {name: added(each.delays[name] for each in self._recent) for name in sample.delays}
        await self._store.say(sample.process, msgspec.json.encode(Told(sample, delays)))


async def heard(store: Store) -> list[Heard]:
    """Every process that was heard of within the last quarter of a minute. Waits for the first word there is."""
    said = await store.said()
    for _ in range(int(FIRST_WORD_S / LOOK_S)):
        if said:
            break
        await asyncio.sleep(LOOK_S)  # a server that has just started: charts are not to begin at nothing
        said = await store.said()
    found = []
    for each in said:
        try:
            told = _told.decode(each.body)
        except msgspec.ValidationError:
            continue  # of another release, in the middle of a rolling restart
        found.append(Heard(each.ago_ms, told.sample, told.delays))
    return found


def added(counts: Iterable[Sequence[int]]) -> list[int]:
    """Histograms of the same buckets, together."""
    return [sum(column) for column in zip(*counts, strict=False)]
