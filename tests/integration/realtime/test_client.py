"""The client against real servers: what is posted is there once, in order, and everybody reads the same."""

import asyncio
import itertools
import json
import random
import urllib.request
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from realtime.client import ClientClosed, ConnectionState, RealtimeClient, Received, RoomState
from realtime.protocol import Conflict, Invalid, NotFound
from tests.support.chorus import ChorusServer

NAMES = (f"client-{number}" for number in itertools.count(1))
ROOMS, MEMBERS = 20, 4
WITHIN_S = 30.0


class Reader:
    """A client in a room, and what it holds of it."""

    def __init__(self, server: ChorusServer, token: str, room: str) -> None:
        self.topic = f"chat/{room}"
        self.client = RealtimeClient(server.ws_url, token=token, random=lambda: random.random() / 10)
        self.state = RoomState()
        self.seqs: list[int] = []
        self.base = 0
        self._came = asyncio.Event()

    async def enter(self) -> None:
        await self.client.subscribe(self.topic, listener=self._take)
        # Whoever joined before is in the log too.
        self.base = self.state.seq

    def _take(self, received: Received) -> None:
        if received.event == "message" and received.seq is not None:
            self.seqs.append(received.seq)
        self.state = self.state.apply(received)
        self._came.set()

    async def post(self, text: str) -> Any:
        return await self.client.post(self.topic, "message.post", {"text": text})

    @property
    def changes(self) -> int:
        """How many changes came since this reader entered."""
        return self.state.seq - self.base

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.state.messages]

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not true():
                self._came.clear()
                await self._came.wait()


Room = tuple[str, list[str]]


@pytest.fixture(scope="module")
def new_room() -> Callable[[ChorusServer], Room]:
    """Gives a room of a server that nobody was in yet, and the tokens of its members."""
    made: dict[str, list[Room]] = {}

    def of(server: ChorusServer) -> Room:
        if not made.get(server.url):
            made[server.url] = make_rooms(server)
        return made[server.url].pop()

    return of


def make_rooms(server: ChorusServer) -> list[Room]:
    """Many by one command: starting Python is what takes long."""
    name = next(NAMES)
    sizes = ("--count", str(ROOMS * MEMBERS), "--rooms", str(ROOMS))
    keys = server.manage("loadtest_users", *sizes, "--room", name).split()
    return [(f"{name}-{number}", keys[number::ROOMS]) for number in range(ROOMS)]


@pytest.fixture
async def enter(new_room: Callable[[ChorusServer], Room]) -> Any:
    """Takes so many people into a new room, each connected and subscribed."""
    async with AsyncExitStack() as stack:

        async def into_room(server: ChorusServer, count: int = 2) -> list[Reader]:
            room, keys = await asyncio.to_thread(new_room, server)
            readers = [Reader(server, key, room) for key in keys[:count]]
            for reader in readers:
                await stack.enter_async_context(reader.client)
            async with asyncio.timeout(WITHIN_S):
                await asyncio.gather(*(reader.enter() for reader in readers))
            return readers

        yield into_room


async def test_two_people_read_what_each_posts(chorus, enter):
    ada, bob = await enter(chorus)
    reply = await ada.post("Hello")
    assert (reply["seq"], reply["duplicate"]) == (ada.base + 1, False)
    await bob.post("Hello to you")
    names = [ada.client.user.name, bob.client.user.name]
    assert names[0] != names[1]
    for reader in (ada, bob):
        await reader.until(lambda reader=reader: reader.changes == 2)
        assert reader.texts == ["Hello", "Hello to you"]
        assert [message["author"]["name"] for message in reader.state.messages] == names


async def test_edits_and_deletions_replace_the_message_in_place(chorus, enter):
    ada, bob = await enter(chorus)
    first, second = await ada.post("one"), await ada.post("two")
    await ada.client.post(ada.topic, "message.edit", {"id": first["id"], "text": "uno"})
    await ada.client.post(ada.topic, "message.delete", {"id": second["id"]})
    await bob.until(lambda: bob.changes == 4)
    assert bob.texts == ["uno", None]


async def test_who_was_away_for_thirty_messages_and_wrote_three_shows_what_the_other_shows(chorus, enter):
    ada, bob = await enter(chorus)
    await ada.client.stop()
    entries = [ada.client.outbox.add(ada.topic, "message.post", {"text": f"ada {n}"}) for n in range(3)]
    for n in range(30):
        await bob.post(f"bob {n}")
    ada.client.start()
    for reader in (ada, bob):
        await reader.until(lambda reader=reader: len(reader.texts) == 33)
    assert ada.texts == bob.texts == [*(f"bob {n}" for n in range(30)), *(f"ada {n}" for n in range(3))]
    assert [ada.client.outbox.get(entry.key) for entry in entries] == [None] * 3


async def test_connections_that_keep_breaking_lose_nothing_and_double_nothing(chorus, enter):
    readers = await enter(chorus, 4)
    chance = random.Random(7)

    async def talk(reader: Reader, name: str) -> None:
        for n in range(25):
            await reader.post(f"{name} {n}")
            await asyncio.sleep(chance.random() / 50)

    async def disturb() -> None:
        while True:
            await asyncio.sleep(chance.random() / 20)
            chance.choice(readers).client.drop_connection()

    disturbing = asyncio.create_task(disturb())
    async with asyncio.timeout(60):
        await asyncio.gather(*(talk(reader, str(name)) for name, reader in enumerate(readers)))
    disturbing.cancel()
    for reader in readers:
        await reader.until(lambda reader=reader: reader.changes == 100)
        # Each change once and in order, whatever the connection did.
        assert reader.seqs == [reader.base + n for n in range(1, 101)]
        assert reader.texts == readers[0].texts
    for name in range(4):
        assert [text for text in readers[0].texts if text.startswith(f"{name} ")] == [f"{name} {n}" for n in range(25)]


async def test_a_key_settles_what_became_of_a_request(chorus, enter):
    (ada,) = await enter(chorus, 1)
    key = "6f2b1a54-3c0e-4d8f-9a51-0c7d2e4b8f10"
    first = await ada.client.request(ada.topic, "message.post", {"text": "once"}, key=key)
    again = await ada.client.request(ada.topic, "message.post", {"text": "once"}, key=key.upper())
    assert (again["seq"], again["duplicate"]) == (first["seq"], True)
    with pytest.raises(Conflict):
        await ada.client.request(ada.topic, "message.post", {"text": "twice"}, key=key)
    assert ada.changes == 1


@pytest.mark.parametrize("text", ["", " \n", "x" * 4_001, "a\0b"])
async def test_text_that_is_none_is_refused_by_its_field(chorus, enter, text):
    (ada,) = await enter(chorus, 1)
    with pytest.raises(Invalid) as caught:
        await ada.post(text)
    assert caught.value.field == "text"
    assert (await ada.post("still here"))["seq"] == ada.base + 1


@pytest.mark.parametrize("text", ["x" * 4_000, "😀" * 4_000, "שלום \u202e abc", "a\u2028b\tc\r\n"])
async def test_text_arrives_as_it_was_sent(chorus, enter, text):
    ada, bob = await enter(chorus)
    await ada.post(text)
    await bob.until(lambda: bob.changes == 1)
    assert bob.texts == [text]


async def test_a_room_that_is_not_there_is_not_found_and_the_connection_lives(chorus, enter):
    (ada,) = await enter(chorus, 1)
    with pytest.raises(NotFound):
        await ada.client.subscribe("chat/no-such-room")
    with pytest.raises(NotFound):
        await ada.client.subscribe("no/such/topic")
    assert (await ada.post("Hello"))["seq"] == ada.base + 1


async def test_a_forged_token_is_told_to_stay_away(chorus):
    async with RealtimeClient(chorus.ws_url, token="eyJhbGciOiJub25lIn0.eyJ1c2VyX2lkIjoiMSJ9.") as client:
        with pytest.raises(ClientClosed, match="auth_failed"):
            await asyncio.wait_for(client.ready(), WITHIN_S)


async def test_a_restart_in_the_middle_of_a_conversation_costs_nobody_a_message(start_chorus, enter):
    server = start_chorus("serve")
    ada, bob = await enter(server)

    async def talk(reader: Reader, name: str) -> None:
        for n in range(40):
            await reader.post(f"{name} {n}")

    talking = asyncio.gather(talk(ada, "ada"), talk(bob, "bob"))
    for end in (server.stop, server.kill):
        await asyncio.sleep(0.05)
        await asyncio.to_thread(end)
        await asyncio.to_thread(server.run)
        for reader in (ada, bob):
            reader.client.retry_now()
    async with asyncio.timeout(60):
        await talking
    for reader in (ada, bob):
        await reader.until(lambda reader=reader: reader.changes == 80)
        assert reader.seqs == [reader.base + n for n in range(1, 81)]
    assert ada.texts == bob.texts
    for name in ("ada", "bob"):
        assert [text for text in ada.texts if text.startswith(name)] == [f"{name} {n}" for n in range(40)]


async def test_a_token_that_runs_out_is_renewed_on_the_live_connection_or_ends_it(start_chorus):
    server = start_chorus("serve", CHORUS_ACCESS_TOKEN_S="10")
    make_user = (
        "from django.contrib.auth import get_user_model as g; g().objects.create_user('ada', password='p-Ad4-ada')"
    )
    await asyncio.to_thread(server.manage, "shell", "-c", make_user)
    fetched: list[str] = []

    def fetch() -> str:
        body = json.dumps({"username": "ada", "password": "p-Ad4-ada"}).encode()
        request = urllib.request.Request(
            f"{server.url}/api/token/", data=body, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            fetched.append(json.load(response)["access"])
        return fetched[-1]

    async def source() -> str:
        return await asyncio.to_thread(fetch)

    lasting = RealtimeClient(server.ws_url, token=source)
    async with lasting, RealtimeClient(server.ws_url, token=await source()) as ending:
        await lasting.ready()
        await ending.ready()
        name = lasting.connection_id
        ended = asyncio.Event()
        ending.listen(lambda status: ended.set() if status.state is ConnectionState.CLOSED else None)
        await asyncio.wait_for(ended.wait(), 20)
        assert ending.status.code == 4010
        await asyncio.sleep(1.5)
        assert (lasting.state, lasting.connection_id) == (ConnectionState.CONNECTED, name)
        assert len(fetched) >= 3
