"""One topic whose posts are written by a group-commit writer without a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from realtime.consumers import TopicConsumer, handles
from realtime.groupcommit import GroupCommit
from realtime.hub import publish_event
from realtime.protocol.errors import Forbidden
from realtime.topics import topic

SECRET = "the eagle lands at midnight"


class Traced(TopicConsumer):
    """Posts are events of the topic; `refuse` refuses; `wait` is a coroutine."""

    writer: GroupCommit[str, dict[str, Any]]

    @handles("post")
    def post(self, payload: dict) -> asyncio.Future[dict[str, Any]]:
        return self.writer.submit(payload["text"])

    @handles("refuse")
    def refuse(self, payload: dict) -> None:
        raise Forbidden(payload["text"])

    @handles("wait")
    async def wait(self, payload: dict) -> dict:
        await asyncio.sleep(0)
        return {}


async def inline(run: Callable, changes: Sequence, alone: bool) -> Sequence:
    await asyncio.sleep(0)
    return run(changes, alone)


def run_batch(changes: Sequence[str], alone: bool) -> list[dict[str, Any]]:
    publish_event("traced/a", "traced/a", "posted", {"texts": list(changes)})
    return [{} for _ in changes]


topic_patterns = [topic("traced/<slug:name>", Traced)]
