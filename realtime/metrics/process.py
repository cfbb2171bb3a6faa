"""What the operating system knows of this process: its time on the processor, its memory, its age. And its version."""

from __future__ import annotations

import os
import resource
import time
import tomllib
from functools import cache
from pathlib import Path

__all__ = ["STARTED_AT", "cpu_s", "memory_bytes", "version"]

STARTED_AT = time.time()
"""When this was imported, which is while the process starts; wall clock."""
STATM = Path("/proc/self/statm")
PROJECT = Path(__file__).resolve().parent.parent.parent / "pyproject.toml"
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def cpu_s() -> float:
    """Seconds on the processor so far, of all threads."""
    return time.process_time()


def memory_bytes() -> int:
    """Resident memory; where there is no /proc, the most it ever was."""
    try:
        return int(STATM.read_text().split()[1]) * PAGE_BYTES
    except (OSError, IndexError, ValueError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@cache
def version() -> str:
    """The version of Chorus, as pyproject.toml says; `unknown` where a product left that file out."""
    try:
        project = tomllib.loads(PROJECT.read_text())
        return str(project["project"]["version"])
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        return "unknown"
