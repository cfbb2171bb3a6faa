"""One post a second by one client, to be read by another: the seconds in which that did not succeed."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from dataclasses import dataclass, field

from realtime.client import RealtimeClient, Received
from realtime.protocol.errors import RealtimeError

__all__ = ["Probe"]

SECOND = 1.0


@dataclass
class Probe:
    """Start it with `run` in a task; cancel it at the end and read `seconds`."""

    writer: RealtimeClient
    reader: RealtimeClient
    topic: str
    seconds: list[bool] = field(default_factory=list)
    _seen: dict[str, asyncio.Event] = field(default_factory=dict)

    async def enter(self) -> None:
        await self.writer.subscribe(self.topic, listener=lambda received: None)
        await self.reader.subscribe(self.topic, listener=self._take)

    async def run(self) -> None:
        """Probe until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            self.seconds.append(await self._once())
            await asyncio.sleep(max(0.0, began + SECOND - loop.time()))

    @property
    def failed(self) -> int:
        return self.seconds.count(False)

    @property
    def longest(self) -> int:
        """The longest run of seconds without success."""
        longest = run = 0
        for succeeded in self.seconds:
            run = 0 if succeeded else run + 1
            longest = max(longest, run)
        return longest

    async def _once(self) -> bool:
        key = str(uuid.uuid4())
        self._seen[key] = seen = asyncio.Event()
        try:
            async with asyncio.timeout(SECOND):
                await self.writer.request(self.topic, "message.post", {"text": f"probe {key}"}, key=key)
                await seen.wait()
        except (RealtimeError, TimeoutError):
            return False
        finally:
            self._seen.pop(key, None)
        return True

    def _take(self, received: Received) -> None:
        if received.event == "message":
            with contextlib.suppress(KeyError):
                self._seen[received.data["key"]].set()
