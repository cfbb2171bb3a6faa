from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from realtime.protocol import JSON, MSGPACK
from realtime.testing import TopicClient, close_hub
from tests.unit.realtime.consumers import topics


@pytest.fixture(autouse=True)
async def engine(settings) -> AsyncIterator[topics.Log]:
    """The engine with the topics of these tests, quick to heal; the log is fresh."""
    settings.REALTIME = {
        "TOPICS": "tests.unit.realtime.consumers.topics",
        "CHECK_EVERY_S": 0.05,
        "AUTH_WITHIN_S": 1,
        "CONNECTIONS_PER_USER": 3,
        "TOPICS_PER_CONNECTION": 2,
        "RECOVER_CHANGES": 5,
        "RECOVER_BYTES": 400,
        "BUDGET_BYTES": 10_000,
    }
    topics.LOG.__init__()
    topics.RoomConsumer.gone.clear()
    yield topics.LOG
    await close_hub()


@pytest.fixture(params=[JSON, MSGPACK], ids=["json", "msgpack"])
def client(request):
    from realtime.identity import Identity

    def make(name: str = "ada", id: int = 1) -> TopicClient:
        return TopicClient(Identity(id=id, name=name), timeout_s=5, encoding=request.param)

    return make
