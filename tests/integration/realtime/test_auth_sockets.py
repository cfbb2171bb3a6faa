"""Authentication as a client meets it: real servers, real sockets, in every shape Chorus is run in."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Iterable
from http.cookiejar import CookieJar

import jwt
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from loadtest.frames import client_frame
from tests.support.chorus import ChorusServer

PASSWORD = "a long enough pass phrase"
NAMES = (f"socket-{number}" for number in itertools.count(1))
SOON_S = 20
ENDED_WITHIN_S = 3.0
"""What is promised for what has ended. Mostly it is told at once, but the promise rests on the check of the access
version alone (every 1.5 s), which is all there is without Redis.
"""
LOADED_S = 1.5
"""What a machine with other work may add: the tests look at a promise, not at how fast it runs."""


class Browser:
    """A person with cookies: signs up when made, logs out, and has tokens."""

    def __init__(self, server: ChorusServer, name: str | None = None) -> None:
        self.server = server
        self.name = name or next(NAMES)
        self._jar = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))
        self._opener.open(f"{server.url}/login/").close()
        self._post("/login/" if name else "/signup/", username=self.name, password=PASSWORD)
        assert "sessionid" in self.cookies()

    def cookies(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._jar)

    def log_out(self) -> None:
        self._post("/logout/")

    def tokens(self) -> dict[str, str]:
        body = json.dumps({"username": self.name, "password": PASSWORD}).encode()
        request = urllib.request.Request(f"{self.server.url}/api/token/", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=SOON_S) as response:
            return json.load(response)

    def changed(self, statement: str) -> float:
        """Change the account (`user`) from another process; when it was committed.

        By the monotonic clock, which all processes of a machine share: its wall clock may be set meanwhile.
        """
        get = f"import time; from accounts.models import User; user = User.objects.get(username={self.name!r})"
        code = f"{get}; {statement}; print(time.monotonic())"
        return float(self.server.manage("shell", "--no-imports", "-c", code).split()[-1])

    def _post(self, path: str, **fields: str) -> None:
        token = next(cookie.value for cookie in self._jar if cookie.name == "csrftoken")
        data = urllib.parse.urlencode({"csrfmiddlewaretoken": token, **fields}).encode()
        self._opener.open(f"{self.server.url}{path}", data, timeout=SOON_S).close()


def socket(server: ChorusServer, *, cookies: str | None = None, origin: str | None = None) -> connect:
    headers = {"Cookie": cookies} if cookies else {}
    return connect(server.ws_url, origin=origin, additional_headers=headers, subprotocols=["chorus.v1.json"])


async def frame(connection: ClientConnection) -> dict:
    return json.loads(await asyncio.wait_for(connection.recv(), SOON_S))


async def auth(connection: ClientConnection, token: str) -> dict:
    await connection.send(json.dumps({"op": "auth", "id": 1, "token": token}))
    return await frame(connection)


async def close_code(connection: ClientConnection) -> int:
    """Read to the end; what it ended with."""
    return (await end_of(connection))[0]


async def end_of(connection: ClientConnection) -> tuple[int, float]:
    """Read to the end; what it ended with, and when."""
    while connection.close_code is None:
        with contextlib.suppress(ConnectionClosed):
            await frame(connection)
    return connection.close_code, time.monotonic()


@pytest.fixture
def ada(chorus) -> Browser:
    return Browser(chorus)


# --- coming in ------------------------------------------------------------------------------------


async def test_a_session_from_the_own_origin_is_greeted_by_name(chorus, ada):
    async with socket(chorus, cookies=ada.cookies(), origin=chorus.url) as connection:
        hello = await frame(connection)
    assert (hello["op"], hello["user"]["name"]) == ("hello", ada.name)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
async def test_a_session_from_elsewhere_is_refused(chorus, ada, origin):
    async with socket(chorus, cookies=ada.cookies(), origin=origin) as connection:
        assert await close_code(connection) == 4509


@pytest.mark.parametrize("origin", ["https://evil.example", None])
async def test_without_a_cookie_anybody_may_come_and_show_a_token(chorus, ada, origin):
    async with socket(chorus, origin=origin) as connection:
        hello = await frame(connection)
        assert (hello.get("user"), hello["auth_within_s"]) == (None, 10)
        reply = await auth(connection, ada.tokens()["access"])
    assert reply["data"]["user"]["name"] == ada.name
    assert reply["data"]["expires_in_s"] > 0


def unsigned(token: str) -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    return f"{head}.{token.split('.')[1]}."


def resigned(server: ChorusServer, token: str, **changes: object) -> str:
    claims = {**jwt.decode(token, options={"verify_signature": False}), **changes}
    return jwt.encode(claims, server.variables["SECRET_KEY"], algorithm="HS256")


FORGERIES = {
    "nonsense": lambda server, tokens: "nonsense",
    "a refresh token": lambda server, tokens: tokens["refresh"],
    "unsigned": lambda server, tokens: unsigned(tokens["access"]),
    "of another key": lambda server, tokens: jwt.encode(
        jwt.decode(tokens["access"], options={"verify_signature": False}), "x" * 40, algorithm="HS256"
    ),
    "for another audience": lambda server, tokens: resigned(server, tokens["access"], aud="billing"),
    "of another issuer": lambda server, tokens: resigned(server, tokens["access"], iss="elsewhere"),
    "of another user without their password": lambda server, tokens: resigned(
        server, tokens["access"], hash_password="0" * 32
    ),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
async def test_a_forged_token_is_answered_and_ends_the_connection(chorus, ada, forge):
    tokens = ada.tokens()
    assert resigned(chorus, tokens["access"]).count(".") == 2
    async with socket(chorus) as connection:
        await frame(connection)
        refusal = await auth(connection, forge(chorus, tokens))
        assert (refusal["op"], refusal["id"], refusal["code"]) == ("error", 1, "unauthenticated")
        assert await close_code(connection) == 4500


async def test_a_token_that_has_run_out_is_answered_and_is_to_be_renewed(chorus, ada):
    expired = resigned(chorus, ada.tokens()["access"], exp=int(time.time()) - 60)
    async with socket(chorus) as connection:
        await frame(connection)
        refusal = await auth(connection, expired)
        assert (refusal["op"], refusal["id"], refusal["code"]) == ("error", 1, "unauthenticated")
        assert await close_code(connection) == 4010


async def test_a_token_that_will_not_do_changes_nothing_on_a_connection_that_is_authenticated(chorus, ada):
    access = ada.tokens()["access"]
    async with socket(chorus, cookies=ada.cookies(), origin=chorus.url) as connection:
        await frame(connection)
        for token in ("nonsense", unsigned(access), resigned(chorus, access, exp=int(time.time()) - 60)):
            assert (await auth(connection, token))["code"] == "unauthenticated"
        assert (await auth(connection, access))["data"]["user"]["name"] == ada.name


# --- going out ------------------------------------------------------------------------------------


async def test_frames_behind_an_auth_wait_for_it_however_they_arrive(chorus, ada):
    token = ada.tokens()["access"]
    auth_frame = {"op": "auth", "id": 1, "token": token}
    subscribe = {"op": "subscribe", "id": 2, "topic": "user/me"}
    async with socket(chorus) as connection:
        await frame(connection)
        for together in ([{"op": "ping"}], [{"op": "ping"}, auth_frame], [subscribe]):
            connection.transport.write(b"".join(client_frame(json.dumps(each).encode()) for each in together))
            await asyncio.sleep(0.001)
        answers = [await frame(connection) for _ in range(4)]
    assert [(answer["op"], answer.get("id")) for answer in answers] == [
        ("pong", None),
        ("pong", None),
        ("reply", 1),
        ("reply", 2),
    ]


async def test_log_out_closes_that_sessions_sockets_and_no_others(chorus, ada):
    elsewhere = Browser(chorus, ada.name)
    async with (
        socket(chorus, cookies=ada.cookies(), origin=chorus.url) as here,
        socket(chorus, cookies=ada.cookies(), origin=chorus.url) as here_too,
        socket(chorus, cookies=elsewhere.cookies(), origin=chorus.url) as there,
    ):
        for connection in (here, here_too, there):
            await frame(connection)
        cookies = ada.cookies()
        ends = asyncio.gather(end_of(here), end_of(here_too))
        await asyncio.to_thread(ada.log_out)
        within(time.monotonic(), await ends, 4500)
        await there.send('{"op":"ping"}')
        assert (await frame(there))["op"] == "pong"
    async with socket(chorus, cookies=cookies, origin=chorus.url) as stale:
        assert (await frame(stale)).get("user") is None


ENDINGS = [
    (f"user.set_password('{PASSWORD}!'); user.save()", 4500),
    ("user.is_active = False; user.save()", 4503),
    # To come back at once, as who they are now.
    ("user.is_staff = True; user.save()", 4001),
]


@pytest.mark.parametrize(("change", "code"), ENDINGS, ids=["a password", "a disabled account", "a new member of staff"])
async def test_what_changes_somebodys_rights_closes_everything_of_theirs(chorus, ada, change, code):
    async with by_session_and_by_token(ada) as connections:
        ends = asyncio.gather(*map(end_of, connections))
        within(await asyncio.to_thread(ada.changed, change), await ends, code)


async def test_without_redis_what_ended_is_closed_in_time_all_the_same(start_chorus, start_redis):
    redis = start_redis()
    server = start_chorus("cluster", REDIS_URL=redis.url)
    people = [Browser(server) for _ in range(len(ENDINGS) + 1)]
    async with contextlib.AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(by_session_and_by_token(person)) for person in people]
        await asyncio.to_thread(redis.kill)
        for person, connections, (change, code) in zip(people[:-1], sockets[:-1], ENDINGS, strict=True):
            ends = asyncio.gather(*map(end_of, connections))
            within(await asyncio.to_thread(person.changed, change), await ends, code)
        by_session, by_token = sockets[-1]
        end = asyncio.create_task(end_of(by_session))
        await asyncio.to_thread(people[-1].log_out)
        within(time.monotonic(), [await end], 4500)
        # A token is not the session's: it lives on.
        await by_token.send('{"op":"ping"}')
        assert (await frame(by_token))["op"] == "pong"


async def test_a_ban_from_a_room_ends_the_subscription_and_not_the_connection(chorus, ada):
    topic = f"chat/{ada.name}"
    make = f"from chat.services import *; room = room_create(owner=None, slug='{ada.name}', name='Room')"
    await asyncio.to_thread(ada.changed, make)
    async with by_session_and_by_token(ada) as connections:
        for connection in connections:
            await connection.send(json.dumps({"op": "subscribe", "id": 2, "topic": topic}))
            assert (await frame(connection))["op"] == "reply"
        heard = asyncio.gather(*(heard_at(connection, "unsubscribed") for connection in connections))
        ban = f"from chat.models import Room; from chat.services import *; room = Room.objects.get(slug='{ada.name}')"
        banned_at = await asyncio.to_thread(
            ada.changed, f"{ban}; member_restrict(room=room, by=None, user=user, banned=True)"
        )
        for told, at in await heard:
            assert (told["topic"], told["code"]) == (topic, "banned")
            assert at - banned_at < ENDED_WITHIN_S + LOADED_S
        for connection in connections:
            await connection.send(json.dumps({"op": "subscribe", "id": 3, "topic": topic}))
            refusal, _ = await heard_at(connection, "error")
            assert (refusal["id"], refusal["code"]) == (3, "forbidden")


@contextlib.asynccontextmanager
async def by_session_and_by_token(person: Browser) -> AsyncIterator[tuple[ClientConnection, ClientConnection]]:
    async with (
        socket(person.server, cookies=person.cookies(), origin=person.server.url) as by_session,
        socket(person.server) as by_token,
    ):
        await frame(by_session)
        await frame(by_token)
        assert (await auth(by_token, (await asyncio.to_thread(person.tokens))["access"]))["op"] == "reply"
        yield by_session, by_token


async def heard_at(connection: ClientConnection, op: str) -> tuple[dict, float]:
    while (heard := await frame(connection))["op"] != op:
        pass
    return heard, time.monotonic()


def within(changed_at: float, ends: Iterable[tuple[int, float]], code: int) -> None:
    for ended_with, at in ends:
        assert ended_with == code
        assert at - changed_at < ENDED_WITHIN_S + LOADED_S


async def test_a_disabled_account_does_not_come_back(chorus, ada):
    token, cookies = ada.tokens()["access"], ada.cookies()
    await asyncio.to_thread(ada.changed, "user.is_active = False; user.save()")
    async with socket(chorus, cookies=cookies, origin=chorus.url) as connection:
        assert await close_code(connection) == 4503
    async with socket(chorus) as connection:
        await frame(connection)
        await connection.send(json.dumps({"op": "auth", "id": 1, "token": token}))
        assert await close_code(connection) == 4503


# --- the probes -----------------------------------------------------------------------------------


def probe(server: ChorusServer, path: str) -> tuple[int, dict]:
    try:
        with urllib.request.urlopen(f"{server.url}{path}", timeout=SOON_S) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)


def test_a_running_server_is_alive_and_ready(chorus):
    assert probe(chorus, "/healthz") == (200, {"status": "ok"})
    status, report = probe(chorus, "/readyz")
    assert (status, report["ready"], report["database"], report["broker"]) == (200, True, "ok", "ok")


def test_a_server_without_its_database_is_ready_for_ten_seconds_and_again_when_it_is_back(start_chorus, start_postgres):
    database = start_postgres()
    server = start_chorus(DATABASE_URL=database.url("chorus"))
    assert probe(server, "/readyz")[0] == 200
    database.stop()
    status, report = probe(server, "/readyz")
    assert (status, report["database"]) == (200, "away")
    until_status(server, 503)
    assert probe(server, "/healthz")[0] == 200
    database.run()
    until_status(server, 200)


def until_status(server: ChorusServer, status: int) -> None:
    deadline = time.monotonic() + 30
    while probe(server, "/readyz")[0] != status:
        assert time.monotonic() < deadline
        time.sleep(0.5)
