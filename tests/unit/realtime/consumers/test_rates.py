"""How often a user may subscribe, and what of a connection is counted."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from realtime.auth import AuthResult
from realtime.auth.tokens import TokenExpired
from realtime.consumers import connection
from realtime.identity import Identity
from realtime.metrics import tally
from realtime.protocol.codes import CloseCode
from realtime.protocol.errors import (
    ConnectionRefused,
    Invalid,
    NotSubscribed,
    RateLimited,
    RealtimeError,
    Unauthenticated,
    Unavailable,
)
from realtime.testing import TopicClient
from tests.unit.realtime.consumers.topics import LOG
from tests.unit.realtime.metrics.readings import Moved

BURST = 4


@pytest.fixture(autouse=True)
def rates(engine, settings) -> None:
    settings.REALTIME = {**settings.REALTIME, "SUBSCRIBES_PER_S": 10, "SUBSCRIBES_BURST": BURST}


async def test_a_user_subscribes_and_leaves_so_often_over_all_connections_and_others_are_free(client) -> None:
    hit = Moved("chorus_limits_hit_total", limit="subscribes_per_s")
    async with client() as one, client() as other, client("bob", 2) as bob:
        for person in (one, other) * (BURST // 2):
            await person.subscribe("log/a")
            await person.unsubscribe("log/a")
        for person in (one, other):
            with pytest.raises(RateLimited) as refused:
                await person.subscribe("log/a")
            assert 0 < refused.value.retry_after_s <= 0.1
        assert hit() == 2
        await bob.subscribe("log/a")
        await asyncio.sleep(refused.value.retry_after_s)
        await one.subscribe("log/a")


async def test_one_who_is_refused_keeps_the_subscription_there_is(client) -> None:
    async with client() as ada, client("bob", 2) as bob:
        for _ in range(BURST):
            await ada.subscribe("log/a")
        with pytest.raises(RateLimited):
            await ada.subscribe("log/a")
        await bob.subscribe("log/a")
        await bob.send("log/a", "post", {"text": "heard"})
        assert (await ada.event()).data["text"] == "heard"


async def test_topics_that_are_not_there_cost_as_much_as_any(client) -> None:
    async with client() as ada:
        for _ in range(BURST):
            with pytest.raises(Exception, match="nothing here"):
                await ada.subscribe("log/secret")
        with pytest.raises(RateLimited):
            await ada.subscribe("log/a")


async def test_errors_count_by_code_and_by_limit(client) -> None:
    invalid = Moved("chorus_requests_refused_total", code="invalid")
    not_subscribed = Moved("chorus_requests_refused_total", code="not_subscribed")
    topics = Moved("chorus_limits_hit_total", limit="topics_per_connection")
    async with client() as ada:
        for topic in ("log/a", "log/b"):
            await ada.subscribe(topic)
        with pytest.raises(Invalid):
            await ada.subscribe("log/c")
        with pytest.raises(NotSubscribed):
            await ada.unsubscribe("log/c")
    assert (invalid(), not_subscribed(), topics()) == (1, 1, 1)


async def test_on_servers_that_keep_the_peers_code_to_themselves_a_connection_counts_by_ours() -> None:
    closed = Moved("chorus_connections_closed_total", code="4501")
    open_now = Moved("chorus_connections_open", state="anonymous")
    late = Moved("chorus_limits_hit_total", limit="auth_within_s")
    failed = Moved("chorus_auth_failures_total", reason="too_late")
    async with TopicClient(None, timeout_s=5) as nobody:
        assert open_now() == 1
        assert (await nobody.wait_closed())[0] == 4501
    assert (open_now(), closed(), late(), failed()) == (0, 1, 1, 1)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Unauthenticated(), "invalid"),
        (TokenExpired(), "expired"),
        (Unavailable(), "unavailable"),
        (ConnectionRefused(CloseCode.BANNED), "disabled"),
        (ZeroDivisionError(), "unavailable"),
        (AuthResult(Identity(id=2, name="bob"), None), "other_user"),
    ],
)
async def test_a_token_that_is_not_taken_counts_by_why(monkeypatch, client, error, reason) -> None:
    async def judged(token: str) -> AuthResult:
        if isinstance(error, AuthResult):
            return error
        raise error

    monkeypatch.setattr(connection, "authenticate_token", judged)
    failed = Moved("chorus_auth_failures_total", reason=reason)
    async with client() as ada:
        with contextlib.suppress(RealtimeError, ConnectionError, TimeoutError):
            await asyncio.wait_for(ada.request({"op": "auth", "token": "t"}), 0.3)
    assert failed() == 1


async def test_recoveries_count_by_what_they_got(client) -> None:
    before = tally.subscribes, tally.recoveries, tally.snapshots_instead
    async with client() as ada:
        await ada.subscribe("log/a")
        state = await ada.subscribe("log/a", since=(LOG.epoch, 0))
        assert state["recovered"]
        assert not (await ada.subscribe("log/a", since=("another", 0)))["recovered"]
    now = tally.subscribes, tally.recoveries, tally.snapshots_instead
    grown = [count - was for count, was in zip(now, before, strict=True)]
    assert grown == [3, 1, 1]
