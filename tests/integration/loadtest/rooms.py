"""A chat server of a few lines, on socket pairs, whose behaviour a test decides, and an engine at their other ends."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from loadtest.dialect import Speech
from loadtest.engine import Engine, Message, Outcome
from loadtest.template import NUMBER, Template

__all__ = ["SPEECH", "Rooms", "close_frame", "even", "event", "frame", "running"]

PAIR = [0, 0]
"""Two in one room."""
SPEECH = Speech(reply=b'{"op":"reply","id":', error=b'{"op":"error"', ping=b"2", pong=b"\x81\x81\0\0\0\x003")


class Rooms:
    """The server's ends of the sockets. react: called with each number and the place it came from.

    Runs in a thread; what `react` raises is raised by `running`.
    """

    def __init__(self, rooms: Sequence[int], react: Callable[[Rooms, int, int], None]) -> None:
        pairs = [socket.socketpair() for _ in rooms]
        self.rooms = list(rooms)
        self.theirs = [theirs for theirs, _ in pairs]
        self.ends = [end for _, end in pairs]
        self.heard: list[list[tuple[int, bytes]]] = [[] for _ in rooms]
        self.failure: BaseException | None = None
        self.ended = threading.Event()
        self._react = react
        self._thread = threading.Thread(target=self._run)
        for each in self.theirs:
            each.setblocking(False)

    def send(self, place: int, data: bytes) -> None:
        self.ends[place].sendall(data)

    def tell_all(self, place: int, data: bytes) -> None:
        """Send to everybody in the room of the place."""
        for to, room in enumerate(self.rooms):
            if room == self.rooms[place]:
                self.send(to, data)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """React to nothing any more. The sockets stay open."""
        self.ended.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._serve()
        except BaseException as error:  # noqa: BLE001 - `running` raises it
            self.failure = error

    def _serve(self) -> None:
        selector = selectors.DefaultSelector()
        waiting = [b""] * len(self.ends)
        for place, end in enumerate(self.ends):
            selector.register(end, selectors.EVENT_READ, place)
        while not self.ended.is_set():
            for key, _ in selector.select(0.02):
                data = self.ends[key.data].recv(65_536)
                if not data:
                    selector.unregister(key.fileobj)
                waiting[key.data] += data
                while (taken := take(waiting[key.data])) is not None:
                    opcode, payload, waiting[key.data] = taken
                    self.heard[key.data].append((opcode, payload))
                    if opcode == 1 and b'"id":' in payload:
                        self._react(self, key.data, int(payload.split(b'"id":')[1][: len(NUMBER)]))
                        if self.ends[key.data].fileno() < 0:
                            return


@contextlib.contextmanager
def running(
    rooms: Sequence[int],
    react: Callable[[Rooms, int, int], None],
    number_of: Callable[[bytes, bool], int] | None = None,
) -> Iterator[tuple[Rooms, Engine]]:
    """The server and an engine on which everybody may send."""
    server = Rooms(rooms, react)
    engine = Engine(server.theirs, rooms)
    with contextlib.closing(engine):
        engine.speaks(SPEECH, number_of)
        for place in range(len(rooms)):
            engine.sends(place, Template.of(b'{"op":"send","id":' + NUMBER.encode() + b"}"))
        server.start()
        try:
            yield server, engine
        finally:
            server.end()
            for end in server.ends:
                end.close()
    if server.failure is not None:
        raise server.failure


def fair(server: Rooms, place: int, number: int) -> None:
    """What a server should do."""
    server.tell_all(place, event(number))
    server.send(place, reply(number))


def even(count: int, senders: Sequence[int] = (0,), apart_s: float = 0.002) -> list[Message]:
    return [Message(turn * apart_s, senders[turn % len(senders)]) for turn in range(count)]


def run(rooms: Sequence[int], react: Callable[[Rooms, int, int], None], count: int = 20, **options: Any) -> Outcome:
    """One run of messages from the first of the rooms."""
    number_of = options.pop("number_of", None)
    with running(rooms, react, number_of) as (_, engine):
        return engine.run(even(count), 0.05, **{"grace_s": 0.3, **options})


def frame(payload: bytes, first: int = 0x81) -> bytes:
    """One frame as a server sends it."""
    size = len(payload)
    if size < 126:
        return bytes([first, size]) + payload
    if size < 65_536:
        return bytes([first, 126]) + size.to_bytes(2, "big") + payload
    return bytes([first, 127]) + size.to_bytes(8, "big") + payload


def event(number: int, more: bytes = b"") -> bytes:
    return frame(b'{"op":"event","colour":"#fff","text":"#%d %b"}' % (number, more))


def reply(number: int) -> bytes:
    return frame(b'{"op":"reply","id":%d,"data":{}}' % number)


def close_frame(code: int) -> bytes:
    return frame(code.to_bytes(2, "big") + b"why", 0x88)


def take(data: bytes) -> tuple[int, bytes, bytes] | None:
    """The first frame of a client, whose masking key is zeros: its opcode, its payload, and what follows it."""
    if len(data) < 6:
        return None
    size = data[1] & 0x7F
    assert data[1] & 0x80
    assert size < 126, "the tests send nothing longer"
    if len(data) < 6 + size:
        return None
    assert data[2:6] == bytes(4)
    return data[0] & 0x0F, data[6 : 6 + size], data[6 + size :]
