"""How a load client speaks to Chorus (docs/reference/protocol.md): hello, auth by token, subscribe, then posts."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from loadtest.dialect import Speech
from loadtest.form import JSON, Form
from loadtest.link import EnterError, Link, entering
from loadtest.template import NUMBER, Template, message_text

__all__ = ["ChorusDialect", "Joined"]

# A message's number as JSON has to write it: without a zero at its beginning. `encode` sees it, and then it is a hole.
HOLE = 1_111_111_111
SPEAKERS = 100


@dataclass(frozen=True, slots=True)
class Joined:
    """A client that is in. epoch, seq: where it stands in the room's log. recovered: whether `since` was served.

    changes: how many changes it was told on the way in.
    """

    socket: socket.socket
    epoch: str
    seq: int
    recovered: bool
    changes: int


class ChorusDialect:
    """tokens: an access token for each client, by its number; kept as they are.

    form: in which encoding those read who do not speak; the first SPEAKERS of all do so in JSON.
    requests_per_s: what the server admits of one connection, as it last said; None before anybody entered.
    """

    def __init__(self, tokens: Sequence[str], form: Form = JSON, *, path: str = "/ws/") -> None:
        self.requests_per_s: float | None = None
        self.tokens = tokens
        self._form = form
        self._path = path
        # A key is used once: another run against the same server takes another beginning.
        self._run = secrets.token_hex(4)

    @property
    def speech(self) -> Speech:
        return JSON.speech

    @property
    def number_of(self) -> Callable[[bytes, bool], int] | None:
        return self._form.number_of

    async def enter(self, host: str, port: int, room: str, number: int) -> socket.socket:
        return (await self.join(host, port, room, number)).socket

    async def join(self, host: str, port: int, room: str, number: int, since: tuple[str, int] | None = None) -> Joined:
        """The same, saying where the client ends up; `since`: the epoch and seq up to which it knows the room."""
        topic = f"chat/{room}"
        async with entering(host, port) as link:
            data = await self.subscribe(link, number, topic, since)
            return Joined(link.release(), data["epoch"], data["seq"], data["recovered"], len(data["events"]))

    async def subscribe(
        self, link: Link, number: int, topic: str, since: tuple[str, int] | None = None
    ) -> dict[str, Any]:
        """Bring client `number` from a connection into the topic, any topic; give what the server answers."""
        subscribe: dict[str, Any] = {"op": "subscribe", "id": 2, "topic": topic}
        if since is not None:
            subscribe["since"] = {"epoch": since[0], "seq": since[1]}
        form = JSON if number < SPEAKERS else self._form
        await link.upgrade(self._path, form.headers)
        hello = await _hear(link, form, "hello")
        self.requests_per_s = float(hello["limits"]["requests_per_s"])
        await _say(link, form, {"op": "auth", "id": 1, "token": self.tokens[number]})
        await _hear(link, form, "reply")
        await _say(link, form, subscribe)
        data: dict[str, Any] = (await _hear(link, form, "reply"))["data"]
        return data

    def message(self, room: str, text_bytes: int) -> Template:
        frame = {
            "op": "send",
            "id": HOLE,
            "topic": f"chat/{room}",
            "event": "message.post",
            "data": {"text": message_text(text_bytes)},
            "key": f"{self._run}-0000-4000-8000-ff{NUMBER}",
        }
        return Template.of(JSON.encode(frame).replace(str(HOLE).encode(), NUMBER.encode()))


async def _say(link: Link, form: Form, frame: dict[str, Any]) -> None:
    await link.send(form.encode(frame), form.opcode)


async def _hear(link: Link, form: Form, op: str) -> dict[str, Any]:
    """The next frame, which has to be this one. Raises EnterError with the code of an error that came instead."""
    payload = await link.receive()
    try:
        frame = form.decode(payload)
    except ValueError:
        frame = {}
    if not isinstance(frame, dict) or frame.get("op") != op:
        code = str(frame.get("code", "")) if isinstance(frame, dict) else ""
        raise EnterError(f"expected {op!r} and got", payload, code=code)
    return frame
