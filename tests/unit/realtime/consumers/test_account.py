"""What a connection came to, and whom the lines of the log name while it is answered."""

from __future__ import annotations

import asyncio
import contextvars
import itertools
import json
import logging
from typing import Any

import pytest

from realtime.auth import AuthResult
from realtime.consumers.account import Account, reason
from realtime.consumers.connection import LANE, Connection
from realtime.hub.hub import current_hub
from realtime.identity import Identity
from realtime.protocol.codes import CloseCode
from tests.unit.realtime.hub.fakes import Wire, payloads

ADA = Identity(id=7, name="ada")
SECRET = "the eagle lands at midnight"


class LaneSocket:
    """A connection under `serve` without its socket: what the server reads, it gives to the lane or to the queue."""

    def __init__(self) -> None:
        self.lane = Wire()
        self.lane.on_text = None
        self._ids = itertools.count(1)
        self._incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        scope = {"extensions": {LANE: self.lane}}
        self.connection = Connection(scope, self._never, current_hub(), AuthResult(ADA, None))
        # A context of its own, as the server's task for a connection has.
        self._task = asyncio.get_running_loop().create_task(
            self.connection.run(self._incoming.get), context=contextvars.Context()
        )

    async def ask(self, **frame: Any) -> dict[str, Any]:
        """Say it, on the short way if that is open; the answer."""
        id = next(self._ids)
        text = json.dumps({"id": id, **frame})
        if self.lane.on_text is None or not self.lane.on_text(text):
            self._incoming.put_nowait({"type": "websocket.receive", "text": text})
        async with asyncio.timeout(5):
            while not (found := [answer for answer in self.answers() if answer.get("id") == id]):
                await asyncio.sleep(0)
        return found[0]

    def answers(self) -> list[dict[str, Any]]:
        return [json.loads(frame) for data in self.lane.writes for frame in payloads(data)]

    async def leave(self, code: int = 1001) -> None:
        self._incoming.put_nowait({"type": "websocket.disconnect", "code": code, "reason": SECRET})
        await self._task

    async def _never(self, message: dict[str, Any]) -> None:
        raise AssertionError(message)


async def test_lines_that_are_written_while_it_is_answered_name_connection_and_user() -> None:
    one = LaneSocket()
    assert (await one.ask(op="subscribe", topic="room/1"))["op"] == "reply"
    assert one.lane.on_text is not None  # from here on the transport itself calls, in no context of ours
    answer = await one.ask(op="send", topic="room/1", event="who", data={})
    assert answer["data"] == {"connection": one.connection.id, "user": 7}
    await one.leave()


async def test_at_its_end_it_has_one_line_with_numbers_and_a_word_of_ours(caplog) -> None:
    caplog.set_level(logging.DEBUG)
    one = LaneSocket()
    await one.ask(op="subscribe", topic="room/1")
    await one.ask(op="send", topic="room/1", event="echo", data={"text": SECRET})
    await one.leave()
    (record,) = [record for record in caplog.records if record.message == "connection_ended"]
    assert (record.connection, record.user, record.code, record.reason) == (one.connection.id, 7, 1001, "left")
    assert (record.frames_in, record.topics) == (2, 1)
    assert SECRET not in str([record.__dict__ for record in caplog.records])


def test_what_it_was_told_while_subscribed_adds_up() -> None:
    account = Account("c", None, 0.0)
    account.received(3, 120)
    account.received(2, 80)
    assert (account.events_out, account.bytes_out) == (5, 200)


@pytest.mark.parametrize(
    ("code", "ours", "word"),
    [
        (CloseCode.SLOW_CONSUMER, True, "slow_consumer"),
        (1009, True, "too_large"),
        (1011, True, "internal_error"),
        (1006, False, "cut"),
        (1000, False, "left"),
        (3999, False, "left"),
    ],
)
def test_a_close_code_has_a_word(code, ours, word) -> None:
    assert reason(int(code), ours=ours) == word
