"""Presence over HTTP, on a real server: a thread of Django's asks the hub that lives on the server's loop."""

from __future__ import annotations

import asyncio
import contextlib
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from realtime.client import RealtimeClient
from tests.support.chorus import ChorusServer
from tests.support.fixtures import starter


def get(server: ChorusServer, path: str, token: str | None) -> tuple[int, Any]:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{server.url}/api/{path}", headers=headers)) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


async def until(server: ChorusServer, path: str, token: str, true) -> Any:
    async with asyncio.timeout(15):
        while True:
            status, body = await asyncio.to_thread(get, server, path, token)
            if status == 200 and true(body):
                return body
            await asyncio.sleep(0.1)


@pytest.fixture(scope="module", params=["serve", "cluster"])
def server(request, databases, server_folder) -> Iterator[ChorusServer]:
    with contextlib.ExitStack() as stack:
        yield starter(stack, request, databases, server_folder)(request.param)


async def test_a_room_is_shown_by_pages_and_people_with_when_they_were_last_seen(server) -> None:
    tokens = server.manage("loadtest_users", "--count", "5", "--room", "den", "--yes").split()
    clients = [RealtimeClient(server.ws_url, token=token) for token in tokens[:4]]
    for client in clients:
        client.start()
        await client.subscribe("presence/den", listener=lambda received: None)
    whole = await until(server, "rooms/den/presence/", tokens[4], lambda body: body["count"] == 4)
    ids = [person["id"] for person in whole["results"]]
    assert ids == sorted(client.user.id for client in clients if client.user is not None)
    assert whole["next"] is None
    assert {person["status"] for person in whole["results"]} == {"online"}
    paged, after = [], 0
    while after is not None:
        _, page = get(server, f"rooms/den/presence/?limit=3&after={after}", tokens[4])
        paged += [person["id"] for person in page["results"]]
        after = page["next"]
    assert paged == ids

    await clients[0].stop()
    gone = clients[0].user
    asked = "presence/?users=" + ",".join(map(str, [*ids, 999_999]))
    seen = await until(
        server, asked, tokens[4], lambda body: any(each["last_seen_at"] is not None for each in body["results"])
    )
    assert [
        each["id"] for each in seen["results"]
    ] == ids  # in one room with all of them, and nobody knows the last one
    offline = {each["id"]: each["last_seen_at"] for each in seen["results"] if each["status"] == "offline"}
    assert gone is not None
    assert list(offline) == [ids[0]] == [min(ids)]
    assert seen["choice"] == "auto"
    for client in clients[1:]:
        await client.stop()


async def test_who_may_not_see_a_room_or_a_person_is_told_nothing(server) -> None:
    # Two in one room, and in a room of their own each: the k-th of two is a member of apart-(k mod 2).
    mates = server.manage("loadtest_users", "--count", "2", "--room", "den", "--yes").split()
    ids = [get(server, "me/", token)[1]["id"] for token in mates]
    code = "from rest_framework_simplejwt.tokens import AccessToken; from accounts.models import User; "
    make = "print(AccessToken.for_user(User.objects.create_user('stranger', password=None)))"
    stranger = server.manage("shell", "-c", f"{code}{make}").split()[-1]
    theirs = get(server, "me/", stranger)[1]["id"]
    assert get(server, "rooms/den/presence/", None)[0] == 401
    assert get(server, "rooms/nowhere/presence/", mates[0])[0] == 404
    asked = f"presence/?users={ids[0]},{ids[1]},{theirs}"
    assert [each["id"] for each in get(server, asked, mates[0])[1]["results"]] == ids
    assert [each["id"] for each in get(server, asked, stranger)[1]["results"]] == [theirs]
    den = mates[0]
    for bad in ("", "users=", "users=a", "users=1&users=x", "users=" + "1," * 200 + "1", "user=1"):
        status, body = get(server, f"presence/?{bad}", den)
        assert (status, body["code"]) == (400, "invalid"), bad
    assert get(server, "rooms/den/presence/?limit=501", den)[0] == 400
