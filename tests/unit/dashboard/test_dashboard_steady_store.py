"""With the shared store away a process goes on by itself, and shares again when it is back."""

from __future__ import annotations

import asyncio

import pytest

from dashboard.store import Claim, Kept, MemoryStore, Row, SteadyStore, StoreAway, steady

CLAIM = Claim("a", 1_000, 0, 500)


class Shaky(MemoryStore):
    """Away while `away` is set."""

    away = False

    def __getattribute__(self, name: str):
        found = super().__getattribute__(name)
        if name in {"claim", "read", "commit", "say", "said", "rows", "once"} and self.away:
            return self._refuse
        return found

    async def _refuse(self, *_: object, **__: object) -> None:
        raise StoreAway("down")


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
async def store(monkeypatch, told):
    monkeypatch.setattr(steady, "LOOK_S", 0.01)
    made = SteadyStore(Shaky(), lambda: told.append("alone"), lambda: told.append("back"))
    yield made
    await made.aclose()


async def commit(store: SteadyStore, base: int | None, version: int, row: Row | None = None) -> bool:
    return await store.commit("a", base, Kept(version, b"%d" % version), row, release=True)


async def test_alone_it_begins_with_what_it_last_saw(store, told):
    row = Row("l", 5_000, b"[5000,1]", 10)
    assert await commit(store, None, 1, row)
    store._shared.away = True
    assert (await store.read(["a"]))["a"] == Kept(1, b"1")
    assert told == ["alone"]
    assert store.alone
    assert await commit(store, 1, 2)
    assert list((await store.claim([CLAIM])).names) == ["a"]
    assert await store.rows("a", "l", 0) == [b"[5000,1]"]


async def test_it_shares_again_as_soon_as_the_store_answers(store, told):
    await commit(store, None, 1)
    store._shared.away = True
    await store.read(["a"])
    await commit(store, 1, 2)
    store._shared.away = False
    async with asyncio.timeout(5):
        while store.alone:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0)
    assert told == ["alone", "back"]
    assert (await store.read(["a"]))["a"] == Kept(1, b"1")


async def test_alone_it_knows_of_itself_only(store):
    await store.say("me", b"1")
    await store._shared.say("other", b"2")
    assert [each.process for each in await store.said()] == ["me", "other"]
    store._shared.away = True
    assert [each.process for each in await store.said()] == ["me"]


async def test_without_a_shared_store_it_is_never_alone():
    store = SteadyStore(None)
    assert await commit(store, None, 1)
    assert not store.alone
