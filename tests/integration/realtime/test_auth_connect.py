"""The two ways in, as the connection consumer takes them: off the loop, batched, with every refusal."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from realtime.auth import access_changed, authenticate_scope, authenticate_token
from realtime.auth.access import access_version, users_changed_since
from realtime.auth.watch import SessionWatch
from realtime.executors import close_executors, run_read
from realtime.protocol.codes import CloseCode
from realtime.protocol.errors import ConnectionRefused, Unauthenticated

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ada(transactional_db) -> Iterator[User]:
    close_executors()
    yield User.objects.create_user("ada", password="pw")
    close_executors()


@pytest.fixture
def browser(ada) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def scope(client: Client | None, origin: str | None = "http://testserver") -> dict:
    headers = [(b"host", b"testserver")]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    if client is not None:
        headers.append((b"cookie", f"sessionid={client.cookies['sessionid'].value}".encode()))
    return {"type": "websocket", "scheme": "ws", "headers": headers}


def disable(user: User) -> None:
    user.is_active = False
    user.save()


async def refusal(coroutine) -> CloseCode:
    with pytest.raises(ConnectionRefused) as refused:
        await coroutine
    assert refused.value.message
    return refused.value.close_code


async def test_a_cookie_from_the_own_origin_authenticates(ada, browser):
    result = await authenticate_scope(scope(browser))
    assert (result.identity.name, result.session.user_id) == ("ada", ada.pk)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
async def test_a_cookie_from_elsewhere_is_refused(browser, origin):
    assert await refusal(authenticate_scope(scope(browser, origin))) == CloseCode.ORIGIN_REFUSED


@pytest.mark.parametrize("origin", ["https://evil.example", None, "http://testserver"])
async def test_without_a_cookie_any_origin_connects_as_nobody(ada, origin):
    result = await authenticate_scope(scope(None, origin))
    assert (result.identity, result.session) == (None, None)


async def test_an_ended_session_connects_as_nobody(browser):
    stale = scope(browser)
    await run_read(browser.logout)
    assert (await authenticate_scope(stale)).identity is None


async def test_a_disabled_account_is_refused_by_either_way(ada, browser):
    token = str(AccessToken.for_user(ada))
    await run_read(disable, ada)
    assert await refusal(authenticate_scope(scope(browser))) == CloseCode.BANNED
    assert await refusal(authenticate_token(token)) == CloseCode.BANNED


async def test_a_token_authenticates_until_its_end(ada):
    token = AccessToken.for_user(ada)
    result = await authenticate_token(str(token))
    assert (result.identity.id, result.session.key) == (ada.pk, None)
    assert result.session.expires_at == token["exp"]


async def test_a_token_older_than_the_password_is_refused(ada):
    token = str(AccessToken.for_user(ada))

    def change() -> None:
        ada.set_password("another")
        ada.save()

    await run_read(change)
    with pytest.raises(Unauthenticated, match="password"):
        await authenticate_token(token)


async def test_a_token_of_a_deleted_user_is_refused(ada):
    token = str(AccessToken.for_user(ada))
    await run_read(ada.delete)
    with pytest.raises(Unauthenticated):
        await authenticate_token(token)


async def test_a_hundred_connections_at_once_share_their_queries(ada, browser, settings):
    settings.REALTIME = {"READERS": 1}  # so that the one reader's queries are all there are
    capture = await run_read(lambda: CaptureQueriesContext(connection))
    await run_read(capture.__enter__)
    results = await asyncio.gather(*[authenticate_scope(scope(browser)) for _ in range(100)])
    await run_read(capture.__exit__, None, None, None)
    assert {result.identity.id for result in results} == {ada.pk}
    assert 0 < await run_read(capture.__len__) <= 6


async def test_the_watch_closes_what_log_out_ended(browser):
    result = await authenticate_scope(scope(browser))
    closed: list[CloseCode] = []
    watch = SessionWatch()
    await watch.check()
    watch.add(result.session, lambda code, _: closed.append(code))
    await watch.check()
    assert closed == []
    await run_read(browser.logout)
    await watch.check()
    assert closed == [CloseCode.AUTH_FAILED]


async def test_changes_at_the_same_time_get_versions_of_their_own(ada, settings):
    settings.REALTIME = {"READERS": 8}
    before = await run_read(access_version)
    await asyncio.gather(*[run_read(access_changed, [user]) for user in range(1, 41)])
    now = await run_read(access_version)
    assert now == before + 40
    assert await run_read(users_changed_since, before, now) == set(range(1, 41))
