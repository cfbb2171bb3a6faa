"""Commands and their replies on a connection whose other end is the test. Time jumps."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from realtime.redis.connection import UNSENT_BYTES_MAX, Connection
from realtime.redis.link import PAUSE_MAX_S, pause
from realtime.redis.resp import ProtocolError, ReplyError, pack

PING = pack(b"PING")
PUBLISH = pack(b"PUBLISH", b"a", b"b")


class Transport:
    """What a connection sees of asyncio's."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.unsent = 0
        self.aborted = False

    def get_extra_info(self, name: str) -> None:
        return None

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def abort(self) -> None:
        self.aborted = True


class Ends:
    """Both ends: the connection, and what its owner was told."""

    def __init__(self, answer_within_s: float = 1.0) -> None:
        self.messages: list[tuple[bytes, bytes]] = []
        self.lost: list[Exception] = []
        self.transport = Transport()
        self.connection = Connection(
            lambda name, payload: self.messages.append((name, payload)),
            lambda _, error: self.lost.append(error),
            answer_within_s,
        )
        self.connection.connection_made(self.transport)  # type: ignore[arg-type]

    def comes(self, data: bytes) -> None:
        self.connection.data_received(data)


@pytest.fixture
async def ends() -> Ends:
    return Ends()


async def test_replies_settle_commands_in_their_order(ends):
    first, second, third = (ends.connection.command(PUBLISH) for _ in range(3))
    assert ends.transport.written == [PUBLISH] * 3
    ends.comes(b":1\r\n-ERR no\r\n:")
    assert await first == 1
    with pytest.raises(ReplyError, match="ERR no"):
        await second
    assert not third.done()
    ends.comes(b"3\r\n")
    assert await third == 3


async def test_many_commands_are_done_with_the_last_reply_and_fail_with_the_first_error(ends):
    many, behind = ends.connection.command(PUBLISH * 3, 3), ends.connection.command(PING)
    ends.comes(b":1\r\n-ERR first\r\n")
    assert not many.done()
    ends.comes(b"-ERR second\r\n+PONG\r\n")
    with pytest.raises(ReplyError, match="first"):
        await many
    assert await behind == b"PONG"


async def test_messages_are_no_replies(ends):
    waiting = ends.connection.command(pack(b"SUBSCRIBE", b"a"))
    message = b"*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nb\r\n"
    ends.comes(message + b"*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n" + message)
    assert ends.messages == [(b"a", b"b")] * 2
    assert await waiting == [b"subscribe", b"a", 1]


async def test_who_gave_up_leaves_its_reply_to_nobody(ends):
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ends.connection.command(PUBLISH), 0.5)
    second = ends.connection.command(PING)
    ends.comes(b":1\r\n+PONG\r\n")
    assert await second == b"PONG"
    assert ends.lost == []


async def test_an_answer_that_is_late_costs_the_connection_and_everybody_on_it(ends):
    first = ends.connection.command(PUBLISH)
    await asyncio.sleep(0.9)
    second = ends.connection.command(PING)
    ends.comes(b":1\r\n")
    await asyncio.sleep(0.9)
    assert ends.lost == []
    assert await first == 1
    with pytest.raises(ConnectionError, match="did not answer within 1 s"):
        await second
    assert ends.transport.aborted
    assert [type(error) for error in ends.lost] == [TimeoutError]
    with pytest.raises(ConnectionError):
        ends.connection.command(PING)
    ends.connection.connection_lost(None)
    assert ends.connection.gone.done()
    assert len(ends.lost) == 1


async def test_a_silent_connection_is_asked_and_one_that_answers_is_kept(ends):
    ends.connection.keep_asking(2)
    for _ in range(3):
        await asyncio.sleep(2.5)
        ends.comes(b"+PONG\r\n" * ends.transport.written.count(PING))
        ends.transport.written.clear()
    assert ends.lost == []
    await asyncio.sleep(5)
    assert [type(error) for error in ends.lost] == [TimeoutError]


async def test_a_connection_that_brings_something_is_not_asked(ends):
    ends.connection.keep_asking(2)
    for _ in range(5):
        await asyncio.sleep(1.5)
        ends.comes(b"*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nb\r\n")
    assert ends.transport.written == []


@pytest.mark.parametrize("data", [b":1\r\n", b"HTTP/1.1 400 Bad Request\r\n"])
async def test_what_nobody_asked_for_ends_it(ends, data):
    ends.comes(data)
    assert [type(error) for error in ends.lost] == [ProtocolError]
    assert ends.transport.aborted


async def test_what_waits_for_a_redis_that_does_not_read_is_bounded(ends):
    ends.transport.unsent = UNSENT_BYTES_MAX + 1
    with pytest.raises(ConnectionError, match="does not take"):
        ends.connection.command(PUBLISH)
    assert ends.transport.written == []


async def test_nobody_is_told_twice_and_nothing_is_left_running(ends):
    waiting: Any = ends.connection.command(PUBLISH)
    ends.connection.tell(PING)
    ends.connection.keep_asking(2)
    ends.connection.cut(ConnectionError("enough"))
    ends.connection.cut(ConnectionError("more than enough"))
    with pytest.raises(ConnectionError, match="enough"):
        await waiting
    assert [str(error) for error in ends.lost] == ["enough"]
    await asyncio.sleep(60)
    assert ends.transport.written == [PUBLISH, PING]
    gc.collect()


def test_the_pause_doubles_up_to_a_second_and_is_random_below():
    ceilings = [pause(failures, lambda: 1.0) for failures in range(1, 100)]
    assert ceilings[:4] == [0.1, 0.2, 0.4, 0.8]
    assert set(ceilings[4:]) == {PAUSE_MAX_S}
    assert pause(3, lambda: 0.0) == 0
