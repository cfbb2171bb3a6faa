"""What becomes of a state: the document that is kept, and the list of alerts beside it."""

from __future__ import annotations

import asyncio
import math
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from dashboard import register, unregister
from dashboard.board import decoded
from dashboard.builtin.alerts import AlertsSource
from dashboard.committer import Committer
from dashboard.document import Document
from dashboard.pushes import Push, Pushes
from dashboard.store import MemoryStore, SteadyStore
from tests.unit.dashboard.sources import State, StateSource, TalkSource

NOW_MS = 1_000_000
HOUR_MS = 3_600_000


class Far(MemoryStore):
    """As far as Redis: others have a turn while it is asked."""

    async def read(self, names):
        await asyncio.sleep(0)
        return await super().read(names)

    async def commit(self, *given, release):
        await asyncio.sleep(0)
        return await super().commit(*given, release=release)


class Site:
    """A process without sockets. now_ms: the clock."""

    def __init__(self) -> None:
        self.now_ms = NOW_MS
        self.shared = Far()
        self.store = SteadyStore(self.shared)
        self.tasks: list[asyncio.Task[None]] = []
        self.hub: Any = SimpleNamespace(
            streams={}, spawn=lambda coroutine: self.tasks.append(asyncio.create_task(coroutine))
        )
        self.committer = Committer(self.hub, self.store, lambda: self.now_ms)

    async def document(self, name: str) -> Document | None:
        return decoded((await self.store.read([name])).get(name))

    async def value(self, name: str, field: str) -> Any:
        document = await self.document(name)
        assert document is not None
        return msgspec.json.decode(document.state[field])

    async def firing(self) -> list[str]:
        return [row["id"] for row in await self.value("alerts", "firing")]

    async def mend(self) -> None:
        kept = await self.store.read(["state", "alerts"])
        found = {name: decoded(each) for name, each in kept.items()}
        await self.committer.mend_alerts({name: each for name, each in found.items() if each is not None})


@pytest.fixture
def told() -> list[dict[str, Any]]:
    """Frames, as readers get them."""
    return []


@pytest.fixture
def site(monkeypatch, told):
    def publish(publications):
        told.extend(msgspec.json.decode(item.frame) for each in publications for item in each.items)

    monkeypatch.setattr("dashboard.committer.publish", publish)
    monkeypatch.setattr("dashboard.source._sources", {})
    for source in (StateSource, TalkSource, AlertsSource):
        register(source)
    return Site()


SOURCE = StateSource()


async def test_an_endless_number_leaves_a_document_that_can_be_read(site):
    await site.committer.state(SOURCE, State(x=math.inf, y=-math.inf, note="here"), NOW_MS, release=True)
    assert await site.value("state", "x") is None
    assert await site.value("state", "note") == "here"


async def test_a_state_taken_before_the_clock_was_set_back_makes_way(site):
    assert await site.committer.state(SOURCE, State(x=1.0), NOW_MS + HOUR_MS, release=True)
    assert await site.committer.state(SOURCE, State(x=2.0), NOW_MS, release=True)
    assert not await site.committer.state(SOURCE, State(x=3.0), NOW_MS - 1, release=True)


async def test_of_a_hundred_states_pushed_at_once_the_last_one_stays(site):
    pushes, source = Pushes(site.hub, site.store, site.committer), TalkSource()
    for number in range(100):
        pushes.take(Push(source, State(y=2.0 + number), NOW_MS + number, str(number)))
    await asyncio.gather(*site.tasks)
    assert await site.value("talk", "y") == 101


async def test_an_alert_that_its_process_did_not_live_to_list_is_listed_all_the_same(site):
    await site.committer.begin_alerts()
    before = site.shared.shelf.kept["alerts"]
    await site.committer.state(SOURCE, State(y=0.5), NOW_MS, release=True)
    listed = await site.firing()
    assert len(listed) == 1
    site.shared.shelf.kept["alerts"] = before
    assert await site.firing() == []
    await site.mend()
    assert await site.firing() == listed


async def test_an_alert_of_a_dashboard_that_is_no_more_leaves_the_list_with_the_next_start(site):
    await site.committer.begin_alerts()
    await site.committer.state(SOURCE, State(y=0.5), NOW_MS, release=True)
    assert await site.firing() != []
    unregister("state")
    await site.committer.begin_alerts()
    assert await site.firing() == []


async def test_a_list_that_somebody_is_at_is_left_to_them(site):
    await site.committer.begin_alerts()
    await site.committer.state(SOURCE, State(y=0.5), NOW_MS, release=True)
    known = {name: await site.document(name) for name in ("state", "alerts")}
    await site.committer.state(SOURCE, State(y=5.0), NOW_MS + 1, release=True)
    assert await site.firing() == []
    await site.committer.mend_alerts(known)
    assert await site.firing() == []


@pytest.mark.parametrize(("pushed_ms", "stays"), [(NOW_MS + 1, 7), (NOW_MS - 1, 3)])
async def test_of_what_was_pushed_while_redis_was_away_and_what_it_kept_the_newer_stays(site, pushed_ms, stays):
    source = TalkSource()
    await site.committer.state(source, State(y=7.0), pushed_ms, release=False)
    # Redis is back as it was.
    other = Site()
    await other.committer.state(source, State(y=3.0), NOW_MS, release=False)
    site.shared.shelf.kept = dict(other.shared.shelf.kept)
    await site.committer.again(source)
    assert await site.value("talk", "y") == stays


async def test_readers_who_have_come_further_than_the_store_are_told_the_whole(site, told):
    await site.committer.state(SOURCE, State(x=1.0), NOW_MS, release=True)
    kept = site.shared.shelf.kept["state"]
    site.hub.streams["dashboard/state"] = SimpleNamespace(position=kept.version)
    await site.committer.state(SOURCE, State(x=1.0, y=6.0), NOW_MS + 1, release=True)
    assert (told[-1]["event"], told[-1]["data"]["state"]) == ("diff", {"y": 6})
    # They have come further than what a Redis knows that came back with what it had written last.
    site.hub.streams["dashboard/state"].position = site.shared.shelf.kept["state"].version
    site.shared.shelf.kept["state"] = kept
    await site.committer.state(SOURCE, State(x=1.0), NOW_MS + 2, release=True)
    assert (told[-1]["event"], told[-1]["data"]["state"]) == ("snapshot", {"x": 1, "y": 5, "note": ""})
