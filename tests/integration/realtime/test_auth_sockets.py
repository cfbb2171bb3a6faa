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
from http.cookiejar import CookieJar

import jwt
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.support.chorus import ChorusServer

PASSWORD = "a long enough pass phrase"
NAMES = (f"socket-{number}" for number in itertools.count(1))
# Promised are 3 s; a loaded machine gets the rest.
SOON_S = 10


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

    def changed(self, statement: str) -> None:
        """Change the account from another process."""
        get = f"from accounts.models import User; user = User.objects.get(username={self.name!r})"
        self.server.manage("shell", "--no-imports", "-c", f"{get}; {statement}; user.save()")

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
    while connection.close_code is None:
        with contextlib.suppress(ConnectionClosed):
            await frame(connection)
    return connection.close_code


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


def resigned(server: ChorusServer, token: str, **changes: str) -> str:
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


# --- going out ------------------------------------------------------------------------------------


async def test_log_out_closes_that_sessions_sockets_and_no_others(chorus, ada):
    elsewhere = Browser(chorus, ada.name)
    async with (
        socket(chorus, cookies=ada.cookies(), origin=chorus.url) as here,
        socket(chorus, cookies=elsewhere.cookies(), origin=chorus.url) as there,
    ):
        await frame(here)
        await frame(there)
        cookies = ada.cookies()
        await asyncio.to_thread(ada.log_out)
        assert await close_code(here) == 4500
        await there.send('{"op":"ping"}')
        assert (await frame(there))["op"] == "pong"
    async with socket(chorus, cookies=cookies, origin=chorus.url) as stale:
        assert (await frame(stale)).get("user") is None


@pytest.mark.parametrize(
    ("change", "code"), [(f"user.set_password('{PASSWORD}!')", 4500), ("user.is_active = False", 4503)]
)
async def test_a_changed_password_and_a_disabled_account_close_everything_of_theirs(chorus, ada, change, code):
    async with (
        socket(chorus, cookies=ada.cookies(), origin=chorus.url) as by_session,
        socket(chorus) as by_token,
    ):
        await frame(by_session)
        await frame(by_token)
        assert (await auth(by_token, ada.tokens()["access"]))["op"] == "reply"
        await asyncio.to_thread(ada.changed, change)
        changed_at = time.monotonic()
        assert await close_code(by_session) == code
        assert await close_code(by_token) == code
        assert time.monotonic() - changed_at < SOON_S


async def test_a_disabled_account_does_not_come_back(chorus, ada):
    token, cookies = ada.tokens()["access"], ada.cookies()
    await asyncio.to_thread(ada.changed, "user.is_active = False")
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
