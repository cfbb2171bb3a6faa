"""Two processes whose store comes back to one before the other: readers hold what one of them said, never a mixture."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from dashboard import register
from dashboard.committer import Committer
from dashboard.store import MemoryStore, SteadyStore, StoreAway
from realtime.hub import Publication, StreamKind
from realtime.hub.stream import Stream
from tests.unit.dashboard.sources import State, StateSource

SOURCE = StateSource()
NOW_MS = 1_000_000


class Door(MemoryStore):
    """One process' way to the store all share."""

    def __init__(self, shared: MemoryStore) -> None:
        super().__init__()
        self.shelf = shared.shelf
        self.away = False

    async def read(self, names):
        self._knock()
        return await super().read(names)

    async def commit(self, *given, release):
        self._knock()
        return await super().commit(*given, release=release)

    def _knock(self) -> None:
        if self.away:
            raise StoreAway("nobody answers")


class Process:
    """With one reader. clock: that of all, in ms; each tick is a second later."""

    def __init__(self, shared: MemoryStore, clock: list[int]) -> None:
        self._clock = clock
        self.door = Door(shared)
        self.store = SteadyStore(self.door)
        self.stream = Stream(SOURCE.topic, StreamKind.DIFF, Any)
        self.stream.position = 0
        self.stream.members[Any] = None
        hub: Any = SimpleNamespace(streams={SOURCE.topic: self.stream}, accept=self._accept)
        self.committer = Committer(hub, self.store, lambda: clock[0])
        self.held: dict[str, Any] = {}

    async def tick(self, state: State) -> None:
        self._clock[0] += 1000
        await self.committer.state(SOURCE, state, self._clock[0], release=True)

    async def finds_the_store(self) -> None:
        self.door.away = False
        self.store.alone = False
        await self.committer.again(SOURCE)

    def deliver(self, publications: Sequence[Publication]) -> None:
        for publication in publications:
            self.stream.accept(publication.items)
        for item in self.stream.take():
            told = msgspec.json.decode(item.frame)
            fields = told["data"]["state"]
            self.held = fields if told["event"] == "snapshot" else {**self.held, **fields}

    def _accept(self, publications: Sequence[Publication], *, forward: bool) -> None:
        assert not forward
        self.deliver(publications)


@pytest.fixture
async def two(monkeypatch):
    shared = MemoryStore()
    clock = [NOW_MS]
    processes = [Process(shared, clock), Process(shared, clock)]

    def publish(publications: Sequence[Publication]) -> None:
        for process in processes:
            process.deliver(publications)

    monkeypatch.setattr("dashboard.committer.publish", publish)
    monkeypatch.setattr("dashboard.source._sources", {})
    register(StateSource)
    yield processes
    for process in processes:
        await process.store.aclose()


def whole(x: float, y: float, note: str) -> dict[str, Any]:
    return {"x": x, "y": y, "note": note}


@pytest.mark.parametrize("forgot", [False, True], ids=["as it was", "empty"])
async def test_a_change_that_is_shared_again_is_not_laid_over_what_a_process_knows_by_itself(two, forgot):
    first, second = two
    await first.tick(State(x=1.0, y=5.0, note="both"))
    assert first.held == second.held == whole(1, 5, "both")
    for process, name in ((first, "first"), (second, "second")):
        process.door.away = True
        await process.tick(State(x=2.0, y=len(name), note=name))
        assert process.held == whole(2, len(name), name)

    if forgot:
        first.door.shelf.kept.clear()
    await first.finds_the_store()
    await second.tick(State(x=2.0, y=9.0, note="second"))
    await first.tick(State(x=3.0, y=5.0, note="first"))
    await first.tick(State(x=4.0, y=5.0, note="first"))
    assert first.held == whole(4, 5, "first")
    assert second.held == whole(2, 9, "second")

    await second.finds_the_store()
    assert first.held == second.held == whole(4, 5, "first")
    await first.tick(State(x=4.0, y=6.0, note="first"))
    assert first.held == second.held == whole(4, 6, "first")


async def test_readers_who_are_ahead_of_a_store_that_was_replaced_are_told_what_it_has(two):
    first, second = two
    first.door.away = True
    await first.tick(State(x=1.0, note="alone"))
    first.door.away, first.store.alone = False, False
    # Somebody who was never ahead has begun anew.
    await second.tick(State(x=2.0, note="anew"))
    assert first.held["note"] == "alone"
    await first.committer.again(SOURCE, unless_kept=True)
    assert first.held == second.held == whole(2, 5, "anew")
