"""What processes have cost so far: processor time and memory, as Linux counts them.

Which processes those are, the caller says; `family` gives one and everything it started.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Memory", "cpu_s", "family", "memory"]

PROC = Path("/proc")
NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class Memory:
    """Bytes in RAM. rss: all that is mapped. pss: a shared page counts by its part among those who share it."""

    rss: int
    pss: int

    def __add__(self, other: Memory) -> Memory:
        return Memory(self.rss + other.rss, self.pss + other.pss)


def cpu_s(pids: Iterable[int]) -> float:
    """Seconds on a processor, user and system, of all threads of the processes, those that ended included.

    From each process's own clock, so exact to the nanosecond where /proc/<pid>/stat counts in hundredths. Raises
    ProcessLookupError for a process that is gone: what it has cost is no longer known.
    """
    return sum(_cpu_ns(pid) for pid in pids) / NS_PER_S


def memory(pids: Iterable[int]) -> Memory:
    """What the processes hold together; of shared pages `pss` alone gives a true sum.

    Takes some milliseconds for a large process. Raises FileNotFoundError if one is gone.
    """
    return sum((_memory(pid) for pid in pids), Memory(0, 0))


def family(pid: int) -> list[int]:
    """The process and all that descend from it, itself first. Empty if there is no such process."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (parent := _parent(entry)) is not None:
            children.setdefault(parent, []).append(int(entry.name))
    if not (PROC / str(pid)).exists():
        return []
    found = [pid]
    for member in found:  # grows while it is walked
        found += sorted(children.get(member, []))
    return found


def _cpu_ns(pid: int) -> int:
    # clock_getcpuclockid(3), which Python does not offer: the id of a process's clock is made of its pid.
    try:
        return time.clock_gettime_ns((~pid << 3) | 2)
    except OSError as error:  # Linux says EINVAL of a process that is not there
        raise ProcessLookupError(f"process {pid} is gone") from error


def _memory(pid: int) -> Memory:
    fields = {}
    for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines()[1:]:
        name, value, *_ = line.split()
        fields[name] = int(value) * 1024
    return Memory(rss=fields["Rss:"], pss=fields["Pss:"])


def _parent(entry: Path) -> int | None:
    """The parent of a process, or None if it ended meanwhile."""
    try:
        stat = (entry / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name, in parentheses, may hold spaces and parentheses itself; the parent is the second field behind it.
    return int(stat.rpartition(")")[2].split()[1])
