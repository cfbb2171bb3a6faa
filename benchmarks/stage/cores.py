"""The two processors of a measurement: the server's, and that of the load and of all that serves the server.

A generator without time of its own to spare measures itself. So how busy its processor was is read for every run, and
a run in which it was nearly full counts for nothing.
"""

from __future__ import annotations

import os
import resource
from dataclasses import dataclass
from pathlib import Path

__all__ = ["LOAD_BUSY_MAX", "Cores", "StageError", "Ticks", "choose_cores", "raise_file_limit", "ticks"]

LOAD_BUSY_MAX = 0.85
"""The share of the load's processor above which a run is void."""
STAT = Path("/proc/stat")
IDLE, IOWAIT, GUEST = 3, 4, 8  # places in a line of /proc/stat; guests are counted in user time already
FILES_BESIDE = 300
"""What a process holds open beside its sockets."""


class StageError(Exception):
    """This machine cannot run the benchmark; says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Cores:
    """Their numbers."""

    server: int
    load: int


@dataclass(frozen=True, slots=True)
class Ticks:
    """What a processor has done since the machine started, in hundredths of a second."""

    busy: int
    total: int

    def share_since(self, earlier: Ticks) -> float:
        """From 0 to 1; 0 where no time has passed."""
        total = self.total - earlier.total
        return (self.busy - earlier.busy) / total if total else 0.0


def choose_cores() -> Cores:
    """The first two processors this process may use. Raises StageError where there is only one."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        raise StageError("The benchmark needs two processors, one for the server and one for the load.")
    return Cores(usable[0], usable[1])


def ticks(cpu: int, stat: str | None = None) -> Ticks:
    """What processor `cpu` has done. Time taken by other machines of the same host counts as busy: it was not ours."""
    for line in (STAT.read_text() if stat is None else stat).splitlines():
        name, *values = line.split()
        if name == f"cpu{cpu}":
            spent = [int(value) for value in values][:GUEST]
            return Ticks(sum(spent) - spent[IDLE] - spent[IOWAIT], sum(spent))
    raise StageError(f"/proc/stat has no processor {cpu}.")


def raise_file_limit(sockets: int) -> None:
    """Allow this process as many open files as it may have. Raises StageError if that is too few for the sockets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        hard = max(soft, sockets + FILES_BESIDE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < sockets + FILES_BESIDE:
        raise StageError(
            f"{sockets:,} sockets need {sockets + FILES_BESIDE:,} open files, and this shell allows {hard:,}: "
            f"raise its hard limit (ulimit -Hn)."
        )
