"""The contract with load tools outside: `manage.py loadtest_users` and protocol.md, and nothing else of ours."""

from __future__ import annotations

import asyncio
import io
import json
import time
import urllib.error
import urllib.request
import uuid
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from rest_framework_simplejwt.tokens import AccessToken
from websockets.asyncio.client import ClientConnection, connect

from accounts.models import User
from chat.models import Membership, Room, Status

DAY_S = 24 * 60 * 60
BURST = 60
PASSWORD = "a long enough pass phrase"


def tokens(*arguments: str) -> list[str]:
    """What the command prints, line by line."""
    out = io.StringIO()
    call_command("loadtest_users", *arguments, stdout=out)
    assert out.getvalue().endswith("\n")
    return out.getvalue().splitlines()


def owner(token: str) -> int:
    return int(AccessToken(token)["user_id"])


@pytest.mark.django_db
class TestTheCommand:
    def test_prints_a_token_a_line_and_nothing_else(self):
        lines = tokens("--count", "7")
        assert [User.objects.get(pk=owner(line)).username for line in lines] == [f"load-{n:05}" for n in range(1, 8)]
        assert Membership.objects.filter(room__slug="bench", status=Status.MEMBER).count() == 7

    def test_the_kth_token_belongs_to_a_member_of_room_k_mod_n(self):
        for k, line in enumerate(tokens("--count", "10", "--room", "hall", "--rooms", "3")):
            rooms = Room.objects.filter(memberships__user_id=owner(line)).values_list("slug", flat=True)
            assert list(rooms) == [f"hall-{k % 3}"]

    def test_one_room_of_one_is_numbered_as_well(self):
        tokens("--count", "1", "--room", "hall", "--rooms", "1")
        assert list(Room.objects.values_list("slug", flat=True)) == ["hall-0"]

    def test_a_token_is_valid_for_a_day_and_its_owner_has_no_password(self):
        (line,) = tokens("--count", "1")
        assert AccessToken(line)["exp"] == pytest.approx(time.time() + DAY_S, abs=60)
        user = User.objects.get(pk=owner(line))
        assert user.is_load_account
        assert not user.has_usable_password()

    def test_twice_makes_nothing_new_and_leaves_no_trace_in_the_log(self):
        first = tokens("--count", "5", "--rooms", "2")
        logs = list(Room.objects.order_by("pk").values())
        second = tokens("--count", "5", "--rooms", "2")
        assert list(map(owner, first)) == list(map(owner, second))
        assert list(Room.objects.order_by("pk").values()) == logs
        assert User.objects.count() == 5

    def test_more_than_people_may_be_in_a_room_are_told_of_beside_the_tokens(self, settings):
        settings.CHAT = {"ROOM_MAX_MEMBERS": 3}
        error = io.StringIO()
        call_command("loadtest_users", "--count", "4", stdout=io.StringIO(), stderr=error)
        assert "Rooms with 4 members are larger than ROOM_MAX_MEMBERS (3)" in error.getvalue()
        assert Membership.objects.filter(room__slug="bench").count() == 4

    def test_production_has_to_say_yes(self, settings):
        settings.PRODUCTION = True
        with pytest.raises(CommandError, match="--yes"):
            tokens("--count", "1")
        assert not User.objects.exists()
        assert len(tokens("--count", "1", "--yes")) == 1

    def test_somebody_elses_account_is_left_alone(self):
        User.objects.create_user("load-00002")
        with pytest.raises(CommandError, match="load-00002 is somebody's account"):
            tokens("--count", "3")

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (["--count", "0"], "a whole number from 1"),
            (["--rooms", "many"], "a whole number from 1"),
            (["--room", "no slug!"], "slug|name|letters"),
        ],
    )
    def test_what_makes_no_sense_is_refused_in_a_sentence(self, arguments, sentence):
        with pytest.raises(CommandError, match=sentence):
            tokens("--count", "1", *arguments)


async def ask(socket: ClientConnection, **frame: Any) -> Any:
    """Send a request and give its answer; events are passed by."""
    await socket.send(json.dumps(frame))
    while "id" not in (answer := json.loads(await asyncio.wait_for(socket.recv(), 10))):
        pass
    return answer


async def post_a_burst(socket: ClientConnection, topic: str) -> list[str]:
    """Post more at once than a person may. Gives the codes of the refusals."""
    for id in range(10, 10 + BURST + 100):
        frame = {"op": "send", "id": id, "topic": topic, "event": "message.post", "data": {"text": "x"}}
        await socket.send(json.dumps({**frame, "key": str(uuid.uuid4())}))
    answers: list[Any] = []
    while len(answers) < BURST + 100:
        frame = json.loads(await asyncio.wait_for(socket.recv(), 20))
        if "id" in frame:
            answers.append(frame)
    return [answer["code"] for answer in answers if answer["op"] == "error"]


async def enter(url: str, token: str, topic: str) -> ClientConnection:
    socket = await connect(url)
    assert json.loads(await socket.recv())["op"] == "hello"
    authenticated = await ask(socket, op="auth", id=1, token=token)
    assert authenticated["op"] == "reply", authenticated
    subscribed = await ask(socket, op="subscribe", id=2, topic=topic)
    assert subscribed["op"] == "reply", subscribed
    return socket


def person_token(server: Any) -> str:
    """The token of an account that is nobody's load account."""
    name = f"p{uuid.uuid4().hex[:12]}"
    make = f"from accounts.models import User; User.objects.create_user('{name}', password='{PASSWORD}')"
    server.manage("shell", "-c", make)
    body = json.dumps({"username": name, "password": PASSWORD}).encode()
    request = urllib.request.Request(
        f"{server.url}/api/token/", data=body, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        return str(json.load(response)["access"])


def post_over_http(server: Any, token: str, room: str) -> int:
    """The status of one post by the HTTP API."""
    request = urllib.request.Request(
        f"{server.url}/api/rooms/{room}/messages/",
        data=json.dumps({"text": "x"}).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


async def test_a_plain_websocket_with_a_printed_token_posts_as_fast_as_it_likes_and_a_person_does_not(chorus):
    room = f"load-{uuid.uuid4().hex[:8]}"
    printed = await asyncio.to_thread(chorus.manage, "loadtest_users", "--count", "2", "--room", room, "--rooms", "2")
    load, other = printed.split()
    person = await asyncio.to_thread(person_token, chorus)
    topic = f"chat/{room}-0"
    async with await enter(chorus.ws_url, load, topic) as socket:
        assert await post_a_burst(socket, topic) == []
    assert await asyncio.to_thread(post_over_http, chorus, load, f"{room}-0") == 201
    async with await enter(chorus.ws_url, other, f"chat/{room}-1"):
        pass
    async with await enter(chorus.ws_url, person, topic) as socket:
        refused = await post_a_burst(socket, topic)
    assert set(refused) == {"rate_limited"}
    # Some grow back while they are sent.
    assert 1 <= len(refused) <= 100
