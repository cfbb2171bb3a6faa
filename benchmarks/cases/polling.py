"""People who ask for a dashboard over HTTP, again and again, each on a connection that is kept.

One thread asks and reads for all; what it costs is a small part of what the answers cost. Knows Chorus alone.
"""

from __future__ import annotations

import heapq
import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from benchmarks.stage import HOST

__all__ = ["Answer", "InHand", "Pollers", "Polls", "take_answer"]

READ_BYTES = 262_144
END_OF_HEAD = b"\r\n\r\n"
STAMP, STAMP_DIGITS = b'"at":', 13
OK, NOT_MODIFIED = 200, 304
ANSWER_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """size: with its head. at_s: when the data in it was made, since 1970; None where it has none."""

    status: int
    etag: str
    size: int
    at_s: float | None
    body: bytes = field(repr=False, default=b"")


def take_answer(buffer: bytearray) -> Answer | None:
    """Cut an answer off the buffer; None, and nothing cut, while it is not all there.

    Raises ValueError for one that does not say how long it is.
    """
    head, found, _ = bytes(buffer).partition(END_OF_HEAD)
    if not found:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    status = int(first.split()[1])
    if status != NOT_MODIFIED and "content-length" not in headers:
        raise ValueError(f"an answer of no known length: {head[:200]!r}")
    begin = len(head) + len(END_OF_HEAD)
    size = begin + (0 if status == NOT_MODIFIED else int(headers["content-length"]))
    if len(buffer) < size:
        return None
    body = bytes(buffer[begin:size])
    del buffer[:size]
    return Answer(status, headers.get("etag", ""), size, _made(body), body)


def _made(body: bytes) -> float | None:
    _, found, rest = body.partition(STAMP)
    digits = rest[:STAMP_DIGITS]
    return int(digits) / 1000 if found and digits.isdigit() else None


class InHand:
    """What readers have in hand, and how old it is on average: between two arrivals it grows older."""

    def __init__(self) -> None:
        self._last: dict[int, tuple[float, float]] = {}
        self._held_s = 0.0
        self._area = 0.0

    def came(self, reader: int, now_s: float, at_s: float | None) -> None:
        """The reader has data made at `at_s` now; None: what it had is what there is."""
        before = self._last.pop(reader, None)
        if before is not None:
            came_s, made_s = before
            self._held_s += now_s - came_s
            self._area += (now_s - came_s) * ((now_s + came_s) / 2 - made_s)
            at_s = made_s if at_s is None else at_s
        if at_s is not None:
            self._last[reader] = now_s, at_s

    @property
    def mean_s(self) -> float:
        return self._area / self._held_s if self._held_s else 0.0


@dataclass(slots=True)
class Polls:
    """What came of a time of polling. whole: answers with the state; unchanged: 304; refused: any other.

    refusal: the first of those. reopened: connections the server had closed meanwhile. waits_s: from when an answer
    was due until it was there. held_age_s: the mean age of what pollers had in hand.
    """

    took_s: float = 0.0
    whole: int = 0
    unchanged: int = 0
    refused: int = 0
    refusal: str = ""
    reopened: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    waits_s: list[float] = field(default_factory=list, repr=False)
    held_age_s: float = 0.0

    @property
    def answers(self) -> int:
        return self.whole + self.unchanged


class _Poller:
    """One connection."""

    def __init__(self, token: str) -> None:
        self.request = f"Host: {HOST}\r\nAuthorization: Bearer {token}\r\nAccept: application/json\r\n".encode()
        self.connection: socket.socket | None = None
        self.buffer = bytearray()
        self.etag = ""
        self.due_s: float | None = None
        """When the answer it waits for was due; None where it waits for none."""


class Pollers:
    """As a context manager. tokens: one for each. conditional: they say which state they have (If-None-Match)."""

    def __init__(self, tokens: Sequence[str], port: int, path: str, *, conditional: bool) -> None:
        self._address = HOST, port
        self._line = f"GET {path} HTTP/1.1\r\n".encode()
        self._conditional = conditional
        self._pollers = [_Poller(token) for token in tokens]
        self._selector = selectors.DefaultSelector()
        self._polls = Polls()
        self._hand = InHand()

    def __enter__(self) -> Self:
        for number in range(len(self._pollers)):
            self._open(number)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for poller in self._pollers:
            if poller.connection is not None:
                poller.connection.close()
        self._selector.close()

    def poll(self, length_s: float, every_s: float = 0.0) -> Polls:
        """Each asks every `every_s`, their turns spread evenly; with 0, as soon as it has its answer.

        Raises TimeoutError where an answer does not come, and ValueError for what is none.
        """
        self._polls, self._hand = Polls(), InHand()
        began = time.monotonic()
        count = len(self._pollers)
        due = [(began + number / count * every_s, number) for number in range(count)]
        heapq.heapify(due)
        while (now := time.monotonic()) < began + length_s:
            while due and due[0][0] <= now:
                self._ask(*heapq.heappop(due))
            wait_s = min(due[0][0] if due else began + length_s, began + length_s) - now
            for number, due_s in self._read(max(0.0, wait_s)):
                heapq.heappush(due, (due_s + every_s if every_s else time.monotonic(), number))
        self._finish()
        self._polls.took_s, self._polls.held_age_s = time.monotonic() - began, self._hand.mean_s
        return self._polls

    def _finish(self) -> None:
        """Wait for what was asked for."""
        end = time.monotonic() + ANSWER_WITHIN_S
        while waiting := sum(poller.due_s is not None for poller in self._pollers):
            if time.monotonic() > end:
                raise TimeoutError(f"{waiting} pollers were not answered within {ANSWER_WITHIN_S:g} s")
            self._read(0.1)

    def _open(self, number: int) -> socket.socket:
        connection = socket.create_connection(self._address, timeout=ANSWER_WITHIN_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._pollers[number].connection = connection
        self._selector.register(connection, selectors.EVENT_READ, number)
        return connection

    def _ask(self, due_s: float, number: int) -> None:
        poller = self._pollers[number]
        poller.due_s = due_s
        if poller.connection is None:
            self._polls.reopened += 1
        connection = poller.connection or self._open(number)
        known = f"If-None-Match: {poller.etag}\r\n".encode() if self._conditional and poller.etag else b""
        request = self._line + poller.request + known + b"\r\n"
        try:
            connection.sendall(request)
        except OSError:
            self._lost(number)
        else:
            self._polls.bytes_out += len(request)

    def _read(self, wait_s: float) -> list[tuple[int, float]]:
        """Read what is there; give who has an answer now, and when it was due."""
        answered = []
        for key, _ in self._selector.select(wait_s):
            number: int = key.data
            poller, connection = self._pollers[number], key.fileobj
            assert isinstance(connection, socket.socket)
            try:
                data = connection.recv(READ_BYTES)
            except OSError:
                data = b""
            if not data:
                self._lost(number)
                continue
            poller.buffer += data
            if (answer := take_answer(poller.buffer)) is not None and poller.due_s is not None:
                self._count(number, answer, poller.due_s)
                answered.append((number, poller.due_s))
                poller.due_s = None
        return answered

    def _lost(self, number: int) -> None:
        """The server has closed; what it was asked in that moment, it is asked again."""
        poller = self._pollers[number]
        if poller.connection is not None:
            self._selector.unregister(poller.connection)
            poller.connection.close()
        poller.connection = None
        poller.buffer.clear()
        if poller.due_s is not None:
            self._ask(poller.due_s, number)

    def _count(self, number: int, answer: Answer, due_s: float) -> None:
        poller, polls = self._pollers[number], self._polls
        polls.bytes_in += answer.size
        polls.waits_s.append(time.monotonic() - due_s)
        if answer.status == NOT_MODIFIED:
            polls.unchanged += 1
        elif answer.status == OK:
            polls.whole += 1
            poller.etag = answer.etag
        else:
            polls.refused += 1
            polls.refusal = polls.refusal or f"{answer.status} {answer.body[:100].decode(errors='replace')}"
            return
        self._hand.came(number, time.time(), answer.at_s)
