"""A server that runs: started on processors of its own, watched by its process ids, ended by its own."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.processes import family
from benchmarks.systems.programs import ROOT
from benchmarks.systems.system import Place, System, accepts
from tests.support.processes import RUNNING, ServerProcess, environment

__all__ = ["Running", "start"]

PIN = Path(__file__).with_name("pin.py")
LOGS = ROOT / "var" / "benchmarks"


class Running(ServerProcess):
    """One running system. As a context manager it ends with the block.

    It leads a process group of its own, so that what it started ends with it, however it ended.
    """

    def __init__(self, system: System, place: Place, log_path: Path) -> None:
        super().__init__(system.name, log_path)
        self.system = system
        self.place = place

    @property
    def port(self) -> int:
        return self.place.port

    def pids(self) -> list[int]:
        """The server's process and all it has started, in this moment."""
        return family(self.pid)

    def end(self) -> None:
        """Ask it to end, and see to it that nothing of it is left. Does nothing for one that was ended before."""
        if self in RUNNING:
            self.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()


def start(system: System, place: Place, *, cpu: Collection[int], log_path: Path | None = None) -> Running:
    """Start a system on 127.0.0.1:`place.port`, pinned to the processors `cpu`, and wait until it is ready.

    What it prints goes to `log_path`, by default anew to var/benchmarks/<name>.log. Raises ValueError if the system
    needs a Redis or a database and was given none, or somebody listens on the port already; FileNotFoundError if it is
    not installed; RuntimeError with the end of its log if it does not come up within a minute. Then, and if the waiting
    is interrupted, nothing of it is left.
    """
    system.versions()
    if system.needs_redis and not place.redis_url:
        raise ValueError(f"{system.name} needs the URL of a Redis")
    if system.database and not place.database_url:
        raise ValueError(f"{system.name} needs the URL of a database")
    if accepts(place):
        raise ValueError(f"somebody else is on port {place.port} already")
    running = Running(system, place, log_path or _own_log(system))
    with contextlib.ExitStack() as stack:
        stack.callback(running.end)
        running.start(
            # -I and -S: it needs nothing but the standard library, and is gone in a moment.
            [sys.executable, "-I", "-S", str(PIN), ",".join(map(str, sorted(cpu))), *system.command(place)],
            lambda: system.ready(place),
            cwd=ROOT,
            env=environment(**system.environment(place)),
        )
        stack.pop_all()
    return running


def _own_log(system: System) -> Path:
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / f"{system.name}.log"
    path.unlink(missing_ok=True)
    return path
