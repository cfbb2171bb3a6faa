"""The load engine from Python: built once with the system's C compiler, run in a thread without the interpreter's lock.

`Engine` takes over sockets that a dialect has brought in, and `run` sends a schedule on them and says what came of it.
What it measures and how stands in engine.c; docs/how-to/load-test.md is its page.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import socket
import subprocess
import sysconfig
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from loadtest.dialect import Speech
from loadtest.histogram import BUCKETS, Histogram
from loadtest.template import Template

__all__ = ["FIRST_NUMBER", "Engine", "EngineError", "Message", "Outcome", "build"]

SOURCE = Path(__file__).with_name("engine.c")
FIRST_NUMBER = 1_000_000_000
"""The first number of ten digits: where a number is JSON's, it may not begin with a zero."""
GRACE_S = 5.0

_NUMBER_OF = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int32)


class EngineError(Exception):
    """The engine cannot be built or cannot run; says why in one sentence."""


class _Head(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_uint64) for name in ("deliveries", "strays", "frames", "bytes_in", "bytes_out", "reads")),
        *((name, ctypes.c_uint64) for name in ("acknowledged", "refused", "closed")),
        *((name, ctypes.c_uint64) for name in ("cpu_ns", "took_ns", "last_delivery_ns", "sent")),
        ("latency", ctypes.c_uint64 * BUCKETS),
        ("acks", ctypes.c_uint64 * BUCKETS),
        ("first_error", ctypes.c_char * 512),
    ]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a schedule. at_s: from the run's beginning. by: the place of its sender among the sockets."""

    at_s: float
    by: int


@dataclass(slots=True)
class Outcome:
    """What came of one run. Times are in seconds; latencies begin when a message was due, not when it was sent.

    missing: deliveries that never came; doubled: deliveries beyond one each. disordered: rooms whose members
    did not all get the same messages in the same order. last_s: for each message, until its last reader had it.
    """

    sent: int
    deliveries: int
    expected: int
    missing: int
    doubled: int
    disordered: int
    strays: int
    acknowledged: int
    refused: int
    closed: int
    first_error: str
    took_s: float
    last_delivery_s: float
    cpu_s: float
    bytes_in: int
    bytes_out: int
    reads: int
    latency: Histogram
    acks: Histogram
    last_s: list[float] = field(repr=False)

    @property
    def complete(self) -> bool:
        """Whether every message that was not refused reached every member of its room once, in one order."""
        return not (self.missing or self.doubled or self.disordered or self.closed)


class Engine:
    """Sockets with the rooms they are in. Owns the sockets: `close` ends them."""

    def __init__(self, sockets: Sequence[socket.socket], rooms: Sequence[int]) -> None:
        self._library = _library()
        self._sockets, self._rooms = list(sockets), list(rooms)
        fds = array("i", [each.fileno() for each in sockets])
        self._engine = self._library.engine_new(len(fds), _pointer(fds), _pointer(array("i", rooms)))
        if not self._engine:
            raise EngineError("The load engine cannot watch its sockets: are there enough open files (ulimit -n)?")
        self._next = FIRST_NUMBER
        self._stop = ctypes.c_int32(0)
        self._number_of: object = None

    def speaks(self, speech: Speech, number_of: Callable[[bytes, bool], int] | None = None) -> None:
        """How the server answers. number_of: reads the number out of a compressed payload (-1: there is none)."""

        def called(payload: int, size: int, binary: int) -> int:
            assert number_of is not None
            return number_of(ctypes.string_at(payload, size), bool(binary))

        callback = _NUMBER_OF(called) if number_of is not None else _NUMBER_OF()
        self._number_of = callback  # C keeps a pointer to it
        texts = [text for each in (speech.reply, speech.error, speech.ping, speech.pong) for text in (each, len(each))]
        self._library.engine_speaks(self._engine, *texts, callback)

    def sends(self, at: int, template: Template) -> None:
        """The socket at this place sends `template` whenever it is its turn."""
        offsets = (ctypes.c_uint32 * len(template.number_at))(*template.number_at)
        self._library.engine_sender(self._engine, at, template.frame, len(template.frame), offsets, len(offsets))

    def run(
        self, messages: Sequence[Message], length_s: float, *, grace_s: float = GRACE_S, acks: bool = False
    ) -> Outcome:
        """Send the schedule, read for `length_s` and then until all has come, `grace_s` at most.

        acks: whether each message is answered. Blocks without the interpreter's lock; `stop` ends it early.
        """
        sizes = self._room_sizes()
        expected = sum(sizes[self._rooms[each.by]] for each in messages)
        first, count = self._next, len(messages)
        self._next += count
        self._library.engine_run(
            self._engine,
            first,
            count,
            _pointer(array("q", [int(each.at_s * 1e9) for each in messages])),
            _pointer(array("i", [each.by for each in messages])),
            int(length_s * 1e9),
            int(grace_s * 1e9),
            expected,
            count if acks else 0,
            ctypes.byref(self._stop),
        )
        return self._outcome(messages, sizes)

    def stop(self) -> None:
        """End the run that is under way in another thread."""
        self._stop.value = 1

    def progress(self) -> tuple[int, int]:
        """Messages sent and deliveries seen so far, from another thread."""
        head = _Head.from_address(self._engine)
        return head.sent, head.deliveries

    def close(self) -> None:
        if self._engine:
            self._library.engine_free(self._engine)
            self._engine = None
        for each in self._sockets:
            each.close()
        self._sockets.clear()

    # --- helpers ----------------------------------------------------------------------------------

    def _room_sizes(self) -> dict[int, int]:
        sizes: dict[int, int] = {}
        for room in self._rooms:
            sizes[room] = sizes.get(room, 0) + 1
        return sizes

    def _outcome(self, messages: Sequence[Message], sizes: dict[int, int]) -> Outcome:
        head = _Head.from_address(self._engine)
        count = len(messages)
        received = self._library.engine_received(self._engine)[:count]
        status = self._library.engine_status(self._engine)[:count]
        last = (ctypes.c_int64 * max(count, 1))()
        self._library.engine_last(self._engine, last)
        missing = doubled = expected = 0
        for message, times, state in zip(messages, received, status, strict=True):
            wanted = 0 if state == _REFUSED else sizes[self._rooms[message.by]]
            expected += wanted
            missing += max(0, wanted - times)
            doubled += max(0, times - wanted)
        return Outcome(
            sent=head.sent,
            deliveries=head.deliveries,
            expected=expected,
            missing=missing,
            doubled=doubled,
            disordered=self._disordered(),
            strays=head.strays,
            acknowledged=head.acknowledged,
            refused=head.refused,
            closed=head.closed,
            first_error=head.first_error.decode(errors="replace"),
            took_s=head.took_ns / 1e9,
            last_delivery_s=head.last_delivery_ns / 1e9,
            cpu_s=head.cpu_ns / 1e9,
            bytes_in=head.bytes_in,
            bytes_out=head.bytes_out,
            reads=head.reads,
            latency=Histogram(head.latency),
            acks=Histogram(head.acks),
            last_s=[value / 1e9 for value in last[:count]],
        )

    def _disordered(self) -> int:
        """Rooms in which two members differ in what they got, or in its order."""
        seen: dict[int, set[tuple[int, int]]] = {}
        received, order, closed = ctypes.c_uint64(), ctypes.c_uint64(), ctypes.c_int32()
        for at, room in enumerate(self._rooms):
            self._library.engine_conn(
                self._engine, at, ctypes.byref(received), ctypes.byref(order), ctypes.byref(closed)
            )
            seen.setdefault(room, set()).add((received.value, order.value))
        return sum(len(each) > 1 for each in seen.values())


_REFUSED = 3
_loaded: ctypes.CDLL | None = None


def build(folder: Path | None = None) -> Path:
    """The engine as a shared library, built unless it is there. Raises EngineError without a C compiler."""
    folder = folder or Path(__file__).parent.parent / "var" / "loadtest"
    source = SOURCE.read_bytes()
    name = hashlib.sha256(source + sysconfig.get_platform().encode()).hexdigest()[:16]
    library = folder / f"engine-{name}.so"
    if library.exists():
        return library
    compiler = shutil.which(os.environ.get("CC", "cc")) or shutil.which("gcc")
    if compiler is None:
        raise EngineError("The load engine needs a C compiler: install gcc and libc6-dev (Debian), or name one in CC.")
    folder.mkdir(parents=True, exist_ok=True)
    built = folder / f"{library.name}.{os.getpid()}"
    command = [compiler, "-O2", "-shared", "-fPIC", "-o", str(built), str(SOURCE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command line
    if done.returncode:
        raise EngineError(f"The load engine could not be built: {done.stderr.strip()[:500]}")
    built.replace(library)
    return library


def _library() -> ctypes.CDLL:
    global _loaded  # noqa: PLW0603 - one library per process
    if _loaded is None:
        library = ctypes.CDLL(str(build()))
        library.engine_new.restype = ctypes.c_void_p
        library.engine_received.restype = ctypes.POINTER(ctypes.c_uint32)
        library.engine_status.restype = ctypes.POINTER(ctypes.c_uint8)
        for name in ("free", "sender", "speaks", "run", "received", "status", "last", "conn"):
            function = getattr(library, f"engine_{name}")
            function.argtypes = _ARGUMENTS[name]
        _loaded = library
    return _loaded


_PTR, _U32, _I32, _I64, _U64 = ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int32, ctypes.c_int64, ctypes.c_uint64
_ARGUMENTS = {
    "free": [_PTR],
    "sender": [_PTR, _I32, ctypes.c_char_p, _U32, _PTR, _U32],
    "speaks": [_PTR, *([ctypes.c_char_p, _U32] * 4), _NUMBER_OF],
    "run": [_PTR, _I64, _I64, _PTR, _PTR, _I64, _I64, _U64, _U64, _PTR],
    "received": [_PTR],
    "status": [_PTR],
    "last": [_PTR, _PTR],
    "conn": [_PTR, _I32, _PTR, _PTR, _PTR],
}


def _pointer(values: array[int]) -> ctypes.c_void_p:
    """The address of the values, which stay alive as long as the pointer does."""
    pointer = ctypes.c_void_p(values.buffer_info()[0])
    pointer.values = values  # type: ignore[attr-defined]
    return pointer
