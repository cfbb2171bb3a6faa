"""The one ordered writer, both kinds: budget, replies that do not count, and nothing after the close."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from websockets.frames import Frame, Opcode

from realtime.hub.writers import (
    ABORT_AFTER_S,
    REPLIES_FACTOR,
    Batch,
    LaneWriter,
    QueueWriter,
    websocket_text,
)

BUDGET = 1_000


class Lane:
    """A transport that sends when it is told to."""

    deflates = False

    def __init__(self) -> None:
        self.on_life = self.on_full = self.on_end = None
        self.wire = b""
        self.sent = 0
        self.pings = 0
        self.closed_with: tuple[int, str] | None = None
        self.aborted_at: float | None = None

    def write(self, data: bytes) -> None:
        self.wire += data

    @property
    def fast(self):
        return self.write

    def unsent_bytes(self) -> int:
        return len(self.wire) - self.sent

    def ping(self) -> None:
        self.pings += 1

    def close(self, code: int, reason: str) -> None:
        self.closed_with = (code, reason)

    def abort(self) -> None:
        self.aborted_at = asyncio.get_running_loop().time()

    def send(self, size: int) -> None:
        self.sent = min(len(self.wire), self.sent + size)


class Peer:
    """The other end of `await send()`: stuck until `open` is set, gone when told to."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.gone = False
        self.got: list[dict[str, Any]] = []

    async def send(self, message: dict[str, Any]) -> None:
        await self.open.wait()
        if self.gone:
            raise ConnectionError
        self.got.append(message)

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.got if "text" in message]


@pytest.fixture
async def slow() -> list[str]:
    return []


@pytest.fixture
async def lane() -> Lane:
    return Lane()


@pytest.fixture
async def lane_writer(lane, slow) -> LaneWriter:
    return LaneWriter(lane, BUDGET, lambda: slow.append("slow"))


@pytest.fixture
async def peer() -> Peer:
    return Peer()


@pytest.fixture
async def queue_writer(peer, slow) -> QueueWriter:
    return QueueWriter(peer.send, BUDGET, lambda: slow.append("slow"))


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 100_000])
def test_a_text_frame_is_what_the_websockets_library_would_write(size) -> None:
    assert websocket_text(b"x" * size) == Frame(Opcode.TEXT, b"x" * size).serialize(mask=False)


def test_a_batch_is_encoded_once_for_everybody() -> None:
    batch = Batch([b'"a"', '"ü"'.encode()])
    assert batch.wire == websocket_text(b'"a"') + websocket_text('"ü"'.encode())
    assert batch.wire is batch.wire
    assert batch.texts == ['"a"', '"ü"']
    assert batch.texts is batch.texts


# --- the lane -----------------------------------------------------------------------------------------


async def test_on_a_lane_everything_is_written_in_order_and_nothing_after_the_close(lane, lane_writer) -> None:
    lane_writer.write(b"1")
    lane_writer.write_batch(Batch([b"2", b"3"]))
    lane_writer.close(4000, "bye")
    lane_writer.write(b"4")
    lane_writer.write_batch(Batch([b"5"]))
    lane_writer.close(4001, "again")
    assert lane_writer.ping()
    assert lane.wire == b"".join(map(websocket_text, (b"1", b"2", b"3")))
    assert (lane.closed_with, lane.pings) == ((4000, "bye"), 0)


async def test_over_the_budget_a_reader_is_closed_with_4008_and_aborted_unless_it_drains(
    lane, lane_writer, slow
) -> None:
    lane_writer.write(b"x" * (BUDGET - 4))
    assert not lane_writer.closed
    lane_writer.write(b"x")
    start = asyncio.get_running_loop().time()
    assert (lane.closed_with, slow) == ((4008, "slow consumer"), ["slow"])
    await asyncio.sleep(ABORT_AFTER_S + 0.1)
    assert lane.aborted_at == start + ABORT_AFTER_S


async def test_a_reader_that_reads_is_never_slow(lane, lane_writer) -> None:
    for _ in range(100):
        lane_writer.write(b"x" * 500)
        lane.send(500)
    assert not lane_writer.closed


async def test_a_reply_to_subscribe_does_not_count_however_much_of_it_is_unsent(lane, lane_writer) -> None:
    lane_writer.write(b"r" * 5_000, counts=False)
    lane_writer.write(b"x" * 900)
    assert not lane_writer.closed
    lane.send(4_000)
    lane_writer.write(b"x" * 90)
    assert not lane_writer.closed
    lane_writer.write(b"x" * 90)
    assert lane_writer.closed


async def test_what_is_sent_of_a_reply_no_longer_makes_room_for_anything_else(lane, lane_writer) -> None:
    lane_writer.write(b"r" * 5_000, counts=False)
    lane_writer.write(b"x" * 500)
    lane.send(5_100)
    lane_writer.write(b"x" * 500)
    assert not lane_writer.closed
    lane_writer.write(b"x" * 500)
    assert lane_writer.closed


async def test_replies_that_nobody_reads_come_to_an_end_too(lane, lane_writer) -> None:
    replies = 0
    while not lane_writer.closed:
        lane_writer.write(b"r" * BUDGET, counts=False)
        replies += 1
    assert REPLIES_FACTOR - 2 <= replies <= REPLIES_FACTOR + 1


# --- the queue ----------------------------------------------------------------------------------------


async def test_in_a_queue_everything_is_sent_in_order_and_nothing_after_the_close(peer, queue_writer) -> None:
    queue_writer.write(b"1")
    queue_writer.write_batch(Batch([b"2", b"3"]))
    queue_writer.close(4000, "bye")
    queue_writer.write(b"4")
    queue_writer.write_batch(Batch([b"5"]))
    queue_writer.close(4001)
    peer.open.set()
    await asyncio.sleep(0.01)
    assert peer.texts == ["1", "2", "3"]
    assert peer.got[-1] == {"type": "websocket.close", "code": 4000, "reason": "bye"}
    assert len(peer.got) == 4
    assert not queue_writer.ping()


async def test_over_the_budget_the_queue_is_dropped_and_closed_with_4008(peer, queue_writer, slow) -> None:
    for number in range(10):
        queue_writer.write(b"%d" % number * 200)
    assert slow == ["slow"]
    assert queue_writer.closed
    peer.open.set()
    await asyncio.sleep(0.01)
    assert [message["type"] for message in peer.got] == ["websocket.close"]
    assert peer.got[-1]["code"] == 4008
    assert queue_writer.unsent_bytes() == 0


async def test_a_batch_that_breaks_the_budget_half_way_is_not_continued_behind_the_close(peer, queue_writer) -> None:
    queue_writer.write_batch(Batch([b"x" * 300] * 10))
    peer.open.set()
    await asyncio.sleep(0.01)
    assert [message["type"] for message in peer.got] == ["websocket.close"]


async def test_what_is_being_sent_when_the_queue_is_dropped_is_counted_to_its_end(peer, queue_writer) -> None:
    queue_writer.write(b"x" * 900)
    await asyncio.sleep(0)
    queue_writer.write(b"x" * 200)
    assert queue_writer.closed
    assert queue_writer.unsent_bytes() == 900
    peer.open.set()
    await asyncio.sleep(0.01)
    assert queue_writer.unsent_bytes() == 0
    assert [message["type"] for message in peer.got] == ["websocket.send", "websocket.close"]


async def test_a_queued_reply_does_not_count_but_replies_come_to_an_end(peer, queue_writer) -> None:
    queue_writer.write(b"r" * 5_000, counts=False)
    queue_writer.write(b"x" * 900)
    assert not queue_writer.closed
    assert queue_writer.unsent_bytes() == 5_900
    for _ in range(REPLIES_FACTOR):
        queue_writer.write(b"r" * BUDGET, counts=False)
    assert queue_writer.closed


async def test_a_client_that_has_left_ends_the_queue_without_a_sound(peer, queue_writer, caplog) -> None:
    peer.gone = True
    peer.open.set()
    queue_writer.write(b"1")
    queue_writer.write(b"2")
    await asyncio.sleep(0.01)
    assert queue_writer.closed
    assert queue_writer.unsent_bytes() == 0
    assert caplog.text == ""


async def test_a_queue_has_a_task_only_while_there_is_something_to_send(peer, queue_writer) -> None:
    peer.open.set()
    before = asyncio.all_tasks()
    for _ in range(3):
        queue_writer.write(b"1")
        assert len(asyncio.all_tasks() - before) == 1
        await asyncio.sleep(0.01)
        assert asyncio.all_tasks() == before
    assert peer.texts == ["1"] * 3
