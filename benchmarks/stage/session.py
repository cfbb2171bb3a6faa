"""One running system with its crowd inside: entered, silent, and ready for load."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.processes import Memory, memory
from benchmarks.stage.load import TEXT_BYTES, Load, drive, schedule
from benchmarks.stage.meter import Meter, Usage
from benchmarks.systems import Crowd, Running
from loadtest.dialect import Dialect
from loadtest.engine import Engine, Message

__all__ = ["Entry", "Session", "Setting"]

GRACE_S = 5.0
LOG_TAIL = 600


@dataclass(frozen=True, slots=True)
class Setting:
    """What a session is opened with. workers: processes of the server, where it can have several.

    connects_per_s: its limit of new connections, where it has one; 0: none.
    """

    crowd: Crowd
    workers: int = 1
    connects_per_s: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """What it cost to let the crowd in. queries: statements of PostgreSQL. before, after: the server's memory."""

    usage: Usage
    queries: int
    before: Memory
    after: Memory


class Session:
    """Owns the crowd's sockets, not the server. `close` ends them."""

    def __init__(
        self, running: Running, dialect: Dialect, setting: Setting, sockets: Sequence[socket.socket], meter: Meter
    ) -> None:
        self.running = running
        self.dialect = dialect
        self.setting = setting
        self.meter = meter
        crowd = setting.crowd
        self._engine = Engine(sockets, [crowd.place(number) for number in range(crowd.members)])
        self._engine.speaks(dialect.speech, dialect.number_of)
        for number in range(crowd.members):
            self._engine.sends(number, dialect.message(crowd.room(number), TEXT_BYTES))

    def load(self, per_room_s: float, length_s: float, *, grace_s: float = GRACE_S) -> Load:
        """Send so many messages a second into each room, and wait for what comes of them."""
        return self._run(schedule(self.setting.crowd, per_room_s, length_s), length_s, grace_s)

    def silence(self, length_s: float) -> Load:
        """Say nothing, and answer whoever asks for life."""
        return self._run([], length_s, 0.0)

    def close(self) -> None:
        self._engine.close()

    def memory(self) -> Memory:
        """The server's, all its processes together."""
        return memory(self.running.pids())

    def _run(self, messages: Sequence[Message], length_s: float, grace_s: float) -> Load:
        replies = bool(self.dialect.speech.reply)
        self.meter.start()
        outcome = drive(self._engine, messages, length_s, grace_s=grace_s, acks=replies)
        usage = self.meter.stop()
        if not self.running.running:
            raise RuntimeError(f"{self.running.name} ended by itself: {self.running.log_tail()[-LOG_TAIL:]}")
        return Load(outcome, usage, messages[-1].at_s if messages else 0.0, replies)
