"""What a stretch of time has cost: processor time of each part of the system, and how busy the cores were."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.processes import cpu_s
from benchmarks.stage.cores import Cores, Ticks, ticks

__all__ = ["Meter", "Usage"]

Processes = Callable[[], Sequence[int]]


@dataclass(frozen=True, slots=True)
class Usage:
    """Seconds on a processor by part of the system, and the share of time in which each core was busy."""

    took_s: float
    server_s: float
    postgresql_s: float
    redis_s: float
    server_core: float
    load_core: float


class Meter:
    """`start`, then `stop` as often as one likes: each tells what was used since the start.

    parts: the process ids of each part in this moment; "server", "postgresql" and "redis" are known.
    """

    def __init__(self, parts: Mapping[str, Processes], cores: Cores) -> None:
        self._parts = parts
        self._cores = cores
        self._spent: dict[str, dict[int, float]] = {}
        self._ticks: tuple[Ticks, Ticks] | None = None
        self._began = 0.0

    def start(self) -> None:
        self._spent = {name: _spent(pids()) for name, pids in self._parts.items()}
        self._ticks = self._now()
        self._began = time.monotonic()

    def stop(self) -> Usage:
        assert self._ticks is not None, "a meter is started first"
        took_s = time.monotonic() - self._began
        server, load = (now.share_since(then) for now, then in zip(self._now(), self._ticks, strict=True))
        costs = {name: self._cost(name) for name in self._parts}
        return Usage(
            took_s=took_s,
            server_s=costs.get("server", 0.0),
            postgresql_s=costs.get("postgresql", 0.0),
            redis_s=costs.get("redis", 0.0),
            server_core=server,
            load_core=load,
        )

    def _now(self) -> tuple[Ticks, Ticks]:
        return ticks(self._cores.server), ticks(self._cores.load)

    def _cost(self, name: str) -> float:
        before = self._spent[name]
        return sum(spent - before.get(pid, 0.0) for pid, spent in _spent(self._parts[name]()).items())


def _spent(pids: Sequence[int]) -> dict[int, float]:
    spent = {}
    for pid in pids:
        # A connection's process of PostgreSQL may end between being found and being asked.
        with contextlib.suppress(ProcessLookupError):
            spent[pid] = cpu_s([pid])
    return spent
