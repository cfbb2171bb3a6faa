"""The sockets of a loop: who may come, who goes first, who is swept, how all are sent away. Time jumps."""

from __future__ import annotations

import asyncio
import json
import resource

import pytest

from realtime.hub import connections as connections_module
from realtime.hub.connections import ANSWERS_WITHIN_S, FILES_KEPT, SWEEP_S, connections_max
from realtime.hub.hub import current_hub
from realtime.identity import Identity
from realtime.protocol.codes import CloseCode
from realtime.protocol.errors import ConnectionRefused
from realtime.protocol.limits import LimitName


class FakeSocket:
    def __init__(self, user: int | None = 1, *, fails: bool = False) -> None:
        self.identity = None if user is None else Identity(id=user, name="someone")
        self.swept: list[float] = []
        self.code: CloseCode | None = None
        self.closed_at = 0.0
        self.busy = False
        self._fails = fails

    def sweep(self, now: float, wall: float) -> None:
        if self._fails:
            raise ZeroDivisionError
        self.swept.append(now)

    def close(self, code: CloseCode, reason: str = "") -> None:
        if self.code is None:
            self.code = code
            self.closed_at = asyncio.get_running_loop().time()


@pytest.fixture
def connections(hub):
    return hub.connections


async def test_a_users_oldest_connection_goes_when_there_is_one_too_many(connections, hub) -> None:
    limit = hub.conf.CONNECTIONS_PER_USER
    sockets = [FakeSocket() for _ in range(limit + 2)]
    other = FakeSocket(user=2)
    for socket in (other, *sockets):
        connections.add(socket)
    assert [socket.code for socket in sockets] == [4504, 4504] + [None] * limit
    assert other.code is None
    assert connections.of_user(1) == sockets[2:]


async def test_one_who_says_later_who_they_are_counts_from_then_on(connections) -> None:
    socket = FakeSocket(user=None)
    connections.add(socket)
    assert (len(connections), connections.of_user(7)) == (1, [])
    socket.identity = Identity(id=7, name="late")
    connections.identified(socket)
    assert connections.of_user(7) == [socket]


async def test_who_has_gone_is_forgotten_whoever_closed_them_and_however_often(connections, hub) -> None:
    sockets = [FakeSocket() for _ in range(hub.conf.CONNECTIONS_PER_USER + 1)]
    nobody = FakeSocket(user=None)
    for socket in (*sockets, nobody):
        connections.add(socket)
    for socket in (*sockets, nobody, *sockets):
        connections.remove(socket)
    assert (len(connections), connections.of_user(1), connections._by_user) == (0, [], {})


async def test_everybody_is_swept_each_second_though_one_of_them_fails(connections, monkeypatch, caplog) -> None:
    monkeypatch.setattr(connections_module, "SLICE", 2)
    sockets = [FakeSocket(user, fails=user == 3) for user in range(1, 7)]
    for socket in sockets:
        connections.add(socket)
    await asyncio.sleep(SWEEP_S * 3.5)
    assert [len(socket.swept) for socket in sockets] == [3, 3, 0, 3, 3, 3]
    assert "ZeroDivisionError" in caplog.text


# --- who may come -------------------------------------------------------------------------------------


async def test_one_address_may_come_so_often_and_is_told_when_to_come_again(connections, hub) -> None:
    allowed = hub.conf.CONNECTS_PER_ADDRESS_PER_S * 10
    for _ in range(allowed):
        connections.admit("192.0.2.1")
    with pytest.raises(ConnectionRefused) as refused:
        connections.admit("192.0.2.1")
    assert refused.value.close_code == 4001
    assert refused.value.message.startswith('{"retry_after_s": ')
    connections.admit("192.0.2.2")
    connections.admit(None)
    await asyncio.sleep(0.5)
    connections.admit("192.0.2.1")


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_ones_own_machine_may_be_exempt(settings, address) -> None:
    settings.REALTIME = {"LOOPBACK_IS_EXEMPT": True, "CONNECTS_PER_ADDRESS_PER_S": 1}
    hub = current_hub()
    for _ in range(50):
        hub.connections.admit(address)
    for _ in range(10):
        hub.connections.admit("not an address")
    with pytest.raises(ConnectionRefused):
        hub.connections.admit("not an address")
    await hub.aclose()


@pytest.mark.parametrize("address", ["127.0.0.1", "192.0.2.1"])
async def test_a_process_that_is_full_lets_nobody_in_until_somebody_has_gone(settings, address) -> None:
    settings.REALTIME = {"CONNECTIONS_MAX": 3, "LOOPBACK_IS_EXEMPT": True}
    hub = current_hub()
    sockets = [FakeSocket() for _ in range(3)]
    for socket in sockets:
        hub.connections.admit(address)
        hub.connections.add(socket)
    with pytest.raises(ConnectionRefused) as refused:
        hub.connections.admit(address)
    assert (refused.value.close_code, refused.value.limit) == (4001, LimitName.CONNECTIONS_MAX)
    hub.connections.remove(sockets[0])
    hub.connections.admit(address)
    await hub.aclose()


async def test_the_addresses_that_are_remembered_are_bounded(connections, monkeypatch) -> None:
    monkeypatch.setattr(connections_module, "ADDRESSES_MAX", 10)
    for number in range(100):
        connections.admit(f"192.0.2.{number}")
    assert len(connections._addresses) <= 10


# --- draining -----------------------------------------------------------------------------------------


async def test_a_drain_spreads_its_goodbyes_and_lets_nobody_in(connections, hub) -> None:
    sockets = [FakeSocket(user) for user in range(100)]
    for socket in sockets:
        connections.add(socket)
    start = hub.loop.time()
    await connections.drain(2.0)
    assert {socket.code for socket in sockets} == {CloseCode.SHUTTING_DOWN}
    assert hub.loop.time() - start == pytest.approx(2.0, abs=0.2)
    assert len({socket.closed_at for socket in sockets}) == 20
    with pytest.raises(ConnectionRefused) as refused:
        connections.admit("192.0.2.1")
    assert refused.value.close_code == 4000


async def test_who_waits_for_an_answer_goes_after_it_but_keeps_nobody_waiting_for_long(connections, hub) -> None:
    sockets = [FakeSocket(user) for user in range(10)]
    answered, never = sockets[0], sockets[1]
    answered.busy = never.busy = True
    for socket in sockets:
        connections.add(socket)
    hub.loop.call_later(0.55, setattr, answered, "busy", False)
    start = hub.loop.time()
    await connections.drain(1.0)
    assert {socket.code for socket in sockets} == {CloseCode.SHUTTING_DOWN}
    assert answered.closed_at - start == pytest.approx(0.6, abs=0.11)
    assert never.closed_at - start == pytest.approx(1.0 + ANSWERS_WITHIN_S, abs=0.2)


async def test_one_who_was_admitted_before_the_drain_and_arrives_during_it_is_sent_away_too(connections) -> None:
    connections.add(FakeSocket(1))
    draining = asyncio.ensure_future(connections.drain(1.0))
    await asyncio.sleep(0)
    late = FakeSocket(2)
    connections.add(late)
    await draining
    assert late.code == CloseCode.SHUTTING_DOWN


async def test_an_empty_server_is_drained_at_once(connections, hub) -> None:
    start = hub.loop.time()
    await connections.drain(20)
    assert hub.loop.time() == start


async def test_a_storm_is_let_in_at_a_pace_and_the_rest_told_when_to_come(connections, hub) -> None:
    rate = hub.conf.CONNECTS_PER_S
    refusals = []
    for number in range(4 * rate):
        try:
            connections.admit(f"10.{number % 250}.{number // 250}.1")
        except ConnectionRefused as refusal:
            refusals.append(refusal)
    assert {refusal.close_code for refusal in refusals} == {CloseCode.TRY_LATER}
    told = [json.loads(refusal.message)["retry_after_s"] for refusal in refusals]
    assert len(told) == 2 * rate
    assert told == sorted(told)
    assert 0.5 <= told[0] < told[-1] <= 2.1
    await asyncio.sleep(1.0)
    connections.admit("10.0.0.9")


@pytest.mark.parametrize(
    ("files", "held"),
    [(65_536, 50_000), (20_000, 20_000 - FILES_KEPT), (FILES_KEPT, 1), (resource.RLIM_INFINITY, 50_000)],
)
def test_no_more_are_let_in_than_the_system_has_files_for(monkeypatch, files, held) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (files, files))
    assert connections_max(50_000) == held
