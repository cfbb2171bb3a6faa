"""Topics that do what nobody should, or at the worst moment."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from realtime.consumers import TopicConsumer, handles
from realtime.hub import publish_event
from realtime.protocol.codes import UnsubscribeCode
from realtime.topics import topic


class Slow(TopicConsumer):
    """Its snapshot waits for the test; it says what happens to it."""

    gate: asyncio.Event
    reading: asyncio.Event
    said: list[str] = []

    async def snapshot(self) -> Any:
        self.said.append("reads")
        self.reading.set()
        await self.gate.wait()
        return {"read": True}

    async def signalled(self, name: str, data: Mapping[str, Any]) -> None:
        if name == "kick":
            self.kick(UnsubscribeCode.KICKED, "Out.")
        elif name == "fail":
            raise ZeroDivisionError
        else:
            self.send_event("told", data)

    async def left(self) -> None:
        self.said.append("left")

    @handles("wait")
    async def wait(self, payload: dict) -> dict:
        await self.gate.wait()
        return payload


class Unreadable(TopicConsumer):
    async def snapshot(self) -> Any:
        return {"what no encoder knows": object()}

    @handles("later")
    def later(self, payload: dict) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(future.set_result, object())
        return future


class Doorkeeper(TopicConsumer):
    """Lets in, or not, in three ways; gives futures up."""

    async def authorize(self) -> None:
        match self.kwargs["how"]:
            case "kicks":
                self.kick(UnsubscribeCode.KICKED, "Out.")
            case "fails":
                raise ZeroDivisionError

    async def left(self) -> None:
        raise ZeroDivisionError

    @handles("give-up")
    def give_up(self, payload: dict) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(future.cancel)
        return future


class Twice(TopicConsumer):
    """Names a stream twice, and joins one more while its snapshot is read."""

    def streams(self) -> Sequence[str]:
        return ("twice", "twice", "beside")

    async def snapshot(self) -> Any:
        self.join("late")
        publish_event("late", self.topic, "early", {})
        await asyncio.sleep(0.05)
        return {}


topic_patterns = [
    topic("slow/<int:number>", Slow),
    topic("unreadable", Unreadable),
    topic("door/<slug:how>", Doorkeeper),
    topic("twice", Twice),
]
