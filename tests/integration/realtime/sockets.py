"""Sockets without a library above them, for what no well-behaved client says, and for the order of frames.

`Sock` writes down every frame as it came. `open_hall` makes the people and rooms of a module at once, by one
command beside the server: starting Python is what takes long.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.support.chorus import ChorusServer

__all__ = ["WITHIN_S", "Hall", "Sock", "open_hall", "sock"]

WITHIN_S = 20.0
_halls = itertools.count(1)


class Sock:
    """One connection. `frames` are all that came, hello first; an id belongs to one request."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.frames: list[dict[str, Any]] = []
        self._ids = itertools.count(1)

    async def put(self, frame: Any) -> None:
        """Send without waiting: text and bytes as they are, anything else as JSON."""
        await self.connection.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))

    async def next(self) -> dict[str, Any]:
        """The next frame. Raises TimeoutError, or ConnectionClosed where there is none."""
        frame: dict[str, Any] = json.loads(await asyncio.wait_for(self.connection.recv(), WITHIN_S))
        self.frames.append(frame)
        return frame

    async def until(self, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Read on to the first frame of that kind."""
        while not true(frame := await self.next()):
            pass
        return frame

    async def sees(self, topic: str, seq: int) -> None:
        """Read on until the event of that seq is there; it may have come before."""
        if not any(event["seq"] == seq for event in self.events(topic)):
            await self.until(lambda frame: (frame["op"], frame.get("topic"), frame.get("seq")) == ("event", topic, seq))

    async def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        """Send a request with an id of its own; the `reply` or `error` frame."""
        number = await self.begin(op, **fields)
        return await self.until(lambda frame: frame.get("id") == number)

    async def begin(self, op: str, **fields: Any) -> int:
        """Send a request without waiting; its id."""
        number = next(self._ids)
        await self.put({"op": op, "id": number, **fields})
        return number

    async def done(self, op: str, **fields: Any) -> Any:
        """The data of the reply to a request that is granted."""
        answer = await self.ask(op, **fields)
        assert answer["op"] == "reply", answer
        return answer["data"]

    async def post(self, topic: str, text: str, **fields: Any) -> Any:
        return await self.done("send", topic=topic, event="message.post", data={"text": text}, **fields)

    async def pong(self) -> None:
        """The connection lives, and has nothing more to say about what was sent before."""
        await self.put({"op": "ping"})
        await self.until(lambda frame: frame["op"] == "pong")

    async def lives(self, topic: str) -> None:
        """It answers, and does what it is asked."""
        await self.pong()
        state = await self.done("subscribe", topic=topic)
        assert state["snapshot"]["room"]["slug"] == topic.removeprefix("chat/")

    async def ended(self) -> int | None:
        """Read to the end; the code it ended with."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self.next()
        return self.connection.close_code

    def events(self, topic: str, event: str = "message") -> list[dict[str, Any]]:
        """The events of a topic that came so far."""
        wanted = ("event", topic, event)
        return [frame for frame in self.frames if (frame["op"], frame.get("topic"), frame.get("event")) == wanted]


@contextlib.asynccontextmanager
async def sock(server: ChorusServer, token: str | None = None, **options: Any) -> AsyncIterator[Sock]:
    """Connect, take the hello, and authenticate if there is a token. options: of `websockets.connect`."""
    options = {"ping_interval": None, "max_size": None, "close_timeout": 1, **options}
    async with connect(server.ws_url, **options) as connection:
        one = Sock(connection)
        await one.next()
        if token is not None:
            await one.done("auth", token=token)
        yield one


@dataclass(frozen=True)
class Hall:
    """A server with people and rooms of a test module's own."""

    server: ChorusServer
    tokens: dict[str, str]
    rooms: dict[str, str]

    def sock(self, name: str, **options: Any) -> contextlib.AbstractAsyncContextManager[Sock]:
        return sock(self.server, self.tokens[name], **options)

    def topic(self, room: str) -> str:
        return f"chat/{self.rooms[room]}"


def open_hall(server: ChorusServer, people: str, rooms: str = "", more: str = "") -> Hall:
    """Make people and rooms, by their names of this module (`"ada ben"`).

    People are members of all the rooms. `more` is Python that may use them: `user` and `room`, by name.
    """
    number = next(_halls)
    code = _MAKE.format(people=people.split(), rooms=rooms.split(), number=number, more=more)
    made = json.loads(server.manage("shell", "--no-imports", "-c", code).splitlines()[-1])
    return Hall(server, made["tokens"], made["rooms"])


_MAKE = """
import json
from accounts.models import User
from chat.models import Room
from chat.services import *
from rest_framework_simplejwt.tokens import AccessToken
user = {{name: User.objects.create_user(f"{{name}}-hall-{number}", password=None) for name in {people}}}
room = {{name: room_create(owner=None, slug=f"{{name}}-hall-{number}", name=name) for name in {rooms}}}
for each in room.values():
    member_join_many(room=each, user_ids=[one.pk for one in user.values()])
{more}
tokens = {{name: str(AccessToken.for_user(one)) for name, one in user.items()}}
print(json.dumps({{"tokens": tokens, "rooms": {{name: one.slug for name, one in room.items()}}}}))
"""
