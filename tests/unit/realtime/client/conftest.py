"""A client, its server and its clock, none of them real but the client."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from realtime.client import RealtimeClient
from tests.unit.realtime.client.fakes import FakeClock, FakeServer, settle


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def make_client(server: FakeServer, clock: FakeClock) -> Callable[..., RealtimeClient]:
    def make(**options: Any) -> RealtimeClient:
        options.setdefault("random", lambda: 0.5)
        return RealtimeClient("ws://server/ws/", dial=server.dial, clock=clock, **options)

    return make


@pytest.fixture
async def client(make_client: Callable[..., RealtimeClient]) -> AsyncIterator[RealtimeClient]:
    async with make_client() as client:
        yield client


@pytest.fixture(name="settle")
def settle_fixture() -> Any:
    return settle
