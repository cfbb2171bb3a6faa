"""The watch over sessions: what it asks, when, and whom it closes. The database is played by a fake."""

from __future__ import annotations

import time

import pytest

from realtime.auth import watch as module
from realtime.auth.sessions import SessionRef, Verdict
from realtime.auth.watch import SessionWatch
from realtime.protocol.codes import CloseCode
from realtime.protocol.errors import Unavailable

HOUR = 3_600.0


class FakeDatabase:
    """Answers the watch's two questions, and remembers which refs were asked about."""

    def __init__(self) -> None:
        self.version = 5
        self.changed: dict[int, int] = {}
        self.ended: dict[str | None, CloseCode] = {}
        self.expiry: dict[str | None, float] = {}
        self.asked: list[set[SessionRef]] = []
        self.away = False

    def change(self, user_id: int) -> None:
        self.version += 1
        self.changed[self.version] = user_id

    async def run_read(self, fn, *args):
        if self.away:
            raise Unavailable
        if fn is module._news:
            (seen,) = args
            if seen is None:
                return self.version, None
            return self.version, {user for at, user in self.changed.items() if at > seen}
        (refs,) = args
        self.asked.append(set(refs))
        return {ref: Verdict(self.ended.get(ref.key), self.expiry.get(ref.key, ref.expires_at)) for ref in refs}


@pytest.fixture
def database(monkeypatch) -> FakeDatabase:
    fake = FakeDatabase()
    monkeypatch.setattr(module, "run_read", fake.run_read)
    return fake


class Connection:
    def __init__(self) -> None:
        self.closed: list[CloseCode] = []

    def close(self, code: CloseCode, message: str) -> None:
        assert message
        self.closed.append(code)


def ref(key: str | None = "s", user: int = 1, *, expires_in: float = HOUR, version: int = 5) -> SessionRef:
    return SessionRef(user, key, "hash", time.time() + expires_in, version)


async def watching(database: FakeDatabase, *refs: SessionRef) -> tuple[SessionWatch, list[Connection]]:
    """A watch that has made its first check, with a connection for each ref."""
    watch, connections = SessionWatch(), []
    await watch.check()
    for each in refs:
        connections.append(Connection())
        watch.add(each, connections[-1].close)
    database.asked.clear()
    return watch, connections


async def test_while_nothing_changes_nothing_but_the_version_is_read(database):
    watch, (ada,) = await watching(database, ref())
    await watch.check()
    await watch.check()
    assert database.asked == []
    assert ada.closed == []


async def test_a_changed_access_closes_that_users_connections_and_looks_at_no_other(database):
    hers, his = ref("a", 1), ref("b", 2)
    watch, (ada, ben) = await watching(database, hers, his)
    database.ended["a"] = CloseCode.AUTH_FAILED
    database.change(1)
    await watch.check()
    assert (ada.closed, ben.closed) == ([CloseCode.AUTH_FAILED], [])
    assert database.asked == [{hers}]


async def test_a_session_that_still_holds_stays_open_and_is_not_asked_about_again(database):
    watch, (ada,) = await watching(database, ref())
    database.change(1)
    await watch.check()
    await watch.check()
    assert ada.closed == []
    assert len(database.asked) == 1


async def test_every_connection_of_a_session_is_closed_once(database):
    shared = ref()
    watch, (first, second) = await watching(database, shared, shared)
    database.ended["s"] = CloseCode.BANNED
    for _ in range(2):
        database.change(1)
        await watch.check()
    assert first.closed == second.closed == [CloseCode.BANNED]
    assert len(watch) == 0


async def test_a_removed_connection_is_not_closed(database):
    watched = ref()
    watch, (ada,) = await watching(database, watched)
    watch.remove(watched, ada.close)
    watch.remove(watched, ada.close)
    database.change(1)
    await watch.check()
    assert ada.closed == []
    assert len(watch) == 0


async def test_a_session_read_before_a_change_is_looked_at_after_it(database):
    # Log-in was read at version 5; the log-out was counted, and checked, before the connection was added.
    watch, _ = await watching(database)
    database.change(1)
    await watch.check()
    late, ada = ref(version=5), Connection()
    database.ended["s"] = CloseCode.AUTH_FAILED
    watch.add(late, ada.close)
    await watch.check()
    assert ada.closed == [CloseCode.AUTH_FAILED]


async def test_a_session_is_looked_at_when_it_should_have_expired(database):
    watch, (ada,) = await watching(database, ref(expires_in=10))
    await watch.check(time.time() + 9)
    assert database.asked == []
    database.ended["s"] = CloseCode.AUTH_FAILED
    await watch.check(time.time() + 11)
    assert ada.closed == [CloseCode.AUTH_FAILED]


async def test_a_session_that_was_prolonged_is_looked_at_at_its_new_end(database):
    watch, (ada,) = await watching(database, ref(expires_in=10))
    database.expiry["s"] = time.time() + 30
    await watch.check(time.time() + 11)
    await watch.check(time.time() + 29)
    assert len(database.asked) == 1
    await watch.check(time.time() + 31)
    assert len(database.asked) == 2
    assert ada.closed == []


async def test_the_end_of_a_token_is_not_the_watchs_business(database):
    watch, (ada,) = await watching(database, ref(None, expires_in=10))
    await watch.check(time.time() + 11)
    assert database.asked == []
    assert ada.closed == []


async def test_what_changed_without_telling_is_found_within_five_minutes(database):
    watch, (ada,) = await watching(database, ref(None))
    database.ended[None] = CloseCode.BANNED
    await watch.check(time.time() + 299)
    assert ada.closed == []
    await watch.check(time.time() + 301)
    assert ada.closed == [CloseCode.BANNED]


async def test_many_changes_do_not_multiply_the_later_looks(database):
    watch, _ = await watching(database, ref())
    for _ in range(10):
        database.change(1)
        await watch.check()
    database.asked.clear()
    for seconds in range(290, 311):
        await watch.check(time.time() + seconds)
    assert len(database.asked) == 1


async def test_a_check_without_a_database_is_made_up_for_by_the_next(database):
    watch, (ada, ben) = await watching(database, ref("a", 1), ref("b", 2, expires_in=10))
    database.ended = {"a": CloseCode.AUTH_FAILED, "b": CloseCode.AUTH_FAILED}
    database.change(1)
    database.away = True
    with pytest.raises(Unavailable):
        await watch.check(time.time() + 11)
    database.away = False
    await watch.check(time.time() + 11)
    assert ada.closed == ben.closed == [CloseCode.AUTH_FAILED]


async def test_a_database_lost_between_the_two_questions_loses_nothing(database, monkeypatch):
    watch, (ada,) = await watching(database, ref(expires_in=10))
    database.ended["s"] = CloseCode.AUTH_FAILED

    async def lost(fn, *args):
        if fn is not module._news:
            raise Unavailable
        return await database.run_read(fn, *args)

    monkeypatch.setattr(module, "run_read", lost)
    with pytest.raises(Unavailable):
        await watch.check(time.time() + 11)
    monkeypatch.setattr(module, "run_read", database.run_read)
    await watch.check(time.time() + 11)
    assert ada.closed == [CloseCode.AUTH_FAILED]


async def test_a_connection_that_leaves_during_a_check_is_left_alone(database, monkeypatch):
    watched = ref()
    watch, (ada,) = await watching(database, watched)
    database.ended["s"] = CloseCode.AUTH_FAILED
    database.change(1)

    async def leaving(fn, *args):
        if fn is not module._news:
            watch.remove(watched, ada.close)
        return await database.run_read(fn, *args)

    monkeypatch.setattr(module, "run_read", leaving)
    await watch.check()
    assert ada.closed == []
