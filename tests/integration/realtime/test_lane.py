"""The fast lane over a real socket, under the server that `serve` runs: order, sizes, closes, and who never reads."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from realtime.conf import conf
from realtime.hub.writers import ABORT_AFTER_S
from tests.integration.realtime import lane_app
from tests.integration.realtime.lanes import (
    CLOSE,
    PING,
    PONG,
    TEXT,
    WITHIN_S,
    Lanes,
    RawSocket,
    frame,
    open_lanes,
    until_gone,
)

CLOSE_FRAME = 0x88


@pytest.fixture(scope="module")
def lanes() -> Iterator[Lanes]:
    with open_lanes() as lanes:
        yield lanes


@pytest.fixture
def raw(lanes) -> Iterator[RawSocket]:
    with contextlib.closing(RawSocket(lanes).greeted()) as client:
        yield client


# Above 64 KiB the transport's buffer is over its mark, where uvicorn's own `send` would begin to wait.
@pytest.mark.parametrize("size", [10, 200, 70_000, 700_000])
async def test_reply_events_and_close_arrive_in_the_order_they_were_written_and_nothing_after_it(lanes, size):
    frames = []
    async with connect(lanes.url, max_size=None) as client:
        await client.send(f"all {size}")
        with contextlib.suppress(ConnectionClosed):
            while True:
                frames.append(await asyncio.wait_for(client.recv(), WITHIN_S))
    assert [frame.split(" .")[0] for frame in frames] == ["reply", "event 0", "event 1", "event 2"]
    assert {len(frame) - len(name) for frame, name in zip(frames, ["reply ", *["event 0 "] * 3], strict=True)} == {size}
    assert (client.close_code, client.close_reason) == (4321, "that is all")


@pytest.mark.parametrize("word", ["all 1", "past_the_writer"])
def test_not_a_byte_follows_the_close_frame(raw, word):
    raw.tell(word)
    begun = raw.read(1)
    # The peer's close frame is what the server waits for.
    raw.send(CLOSE, b"")
    code = {"all 1": 4321, "past_the_writer": 4000}[word]
    reason = b"that is all" if word == "all 1" else b""
    data = begun + raw.read_to_the_end()
    assert data.endswith(bytes([CLOSE_FRAME, 2 + len(reason)]) + code.to_bytes(2, "big") + reason)


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536, 1_000_000])
async def test_frames_of_every_length_arrive_whole(lanes, size):
    async with connect(lanes.url) as client:
        await client.send(f"frame {size}")
        assert await client.recv() == "x" * size
        await client.send("say still there")
        assert await client.recv() == "still there"


async def test_compression_is_declined_though_the_client_offers_it(lanes):
    async with connect(lanes.url, compression="deflate") as client:
        assert "Sec-WebSocket-Extensions" in client.request.headers
        assert "Sec-WebSocket-Extensions" not in client.response.headers
        await client.send("frame 1000")
        assert await client.recv() == "x" * 1_000


async def test_a_message_in_fragments_is_one_message_also_with_a_ping_between_them(lanes):
    async def fragments():
        yield "count "
        for _ in range(50):
            await client.ping()
            yield "é" * 1_000

    async with connect(lanes.url) as client:
        await client.send(fragments())
        assert await client.recv() == "50000"


async def test_pings_are_answered_with_what_they_carry_and_count_as_life(lanes):
    async with connect(lanes.url) as client:
        await asyncio.wait_for(await client.ping(b"are you there"), WITHIN_S)
        await client.send("lives_so_far")
        assert await client.recv() == "1"


async def test_the_answer_to_the_servers_ping_counts_as_life(lanes):
    async with connect(lanes.url) as client:
        for number in (0, 1, 2):
            await client.send("lives_so_far")
            assert int(await client.recv()) == number
            await client.send("ping")
            # Its pong is behind the ping and before whatever is sent next.
            await client.send("say pinged")
            assert await client.recv() == "pinged"


@pytest.mark.parametrize(("code", "reason"), [(1000, ""), (4321, "bye"), (1001, "é" * 61)])
async def test_the_clients_close_is_echoed_and_told_to_the_application(lanes, code, reason):
    lane_app.ENDS.clear()
    client = await connect(lanes.url)
    await client.close(code, reason)
    assert client.protocol.close_rcvd is not None
    assert client.protocol.close_rcvd.code == code
    until_gone(lanes, 2)
    (end,) = lane_app.ENDS
    assert end == (code, reason)


async def test_a_connection_ends_as_soon_as_the_peer_has_answered_the_close(lanes):
    client = await connect(lanes.url)
    await client.send("all 1")
    await client.wait_closed()
    # Well below the time after which an unanswered close is given up.
    assert await asyncio.to_thread(until_gone, lanes, 5) < 1


async def test_a_message_over_the_limit_closes_with_1009(lanes):
    async with connect(lanes.url) as client:
        with contextlib.suppress(ConnectionClosed):
            await client.send("count " + "x" * 1_048_576)
        await asyncio.wait_for(client.wait_closed(), WITHIN_S)
        assert client.close_code == 1009


def test_pings_of_one_who_reads_nothing_pile_up_no_further_than_the_budget(lanes, raw):
    pings, rounds = frame(PING, b"p" * 125) * 2_000, 80
    (connection,) = lanes.worker.server_state.connections
    most = 0
    for _ in range(rounds):
        raw.put(pings)
        most = max(most, connection.unsent_bytes())
    # One read of the loop, 256 KiB, is answered whole.
    assert 0 < most <= conf().BUDGET_BYTES + 300_000
    raw.tell("say done")
    came = list(iter(raw.next, (TEXT, b"done")))
    assert set(came) == {(PONG, b"p" * 125)}
    assert len(came) < 2_000 * rounds
    raw.send(PING, b"now")
    assert raw.next() == (PONG, b"now")


def test_who_never_reads_is_told_4008_and_dropped_five_seconds_later(lanes, raw):
    raw.tell("flood")
    start = time.monotonic()
    while time.monotonic() - start < ABORT_AFTER_S - 0.5:
        assert lanes.connections == 1
        time.sleep(0.1)
    until_gone(lanes, 2)
    assert 4.5 < time.monotonic() - start < 7
    with pytest.raises(ConnectionResetError):
        raw.read_to_the_end()


def test_who_reads_after_all_gets_everything_up_to_the_4008(lanes, raw):
    raw.tell("flood")
    time.sleep(0.5)
    raw.send(CLOSE, b"")
    data = raw.read_to_the_end()
    assert len(data) > lane_app.BUDGET_BYTES
    assert data.endswith(bytes([CLOSE_FRAME, 15]) + (4008).to_bytes(2, "big") + b"slow consumer")
    until_gone(lanes, 2)
