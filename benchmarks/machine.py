"""What a run was made on: the machine, the servers beside the systems, and when."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.postgres import program

__all__ = ["Machine", "this_machine"]

NUMBER = re.compile(r"\d+(?:\.\d+)+")


@dataclass(frozen=True, slots=True)
class Machine:
    """As a reader of a report wants to know it. programs: what serves the systems, by name, with its version."""

    cpu: str
    cores: int
    memory_gib: float
    kernel: str
    programs: dict[str, str]


def this_machine() -> Machine:
    """Read it from the system. Raises RuntimeError if one of the programs is missing."""
    return Machine(
        cpu=cpu_model(Path("/proc/cpuinfo").read_text(encoding="utf-8")),
        cores=os.cpu_count() or 1,
        memory_gib=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        kernel=f"{platform.system()} {platform.release()}",
        programs={
            "PostgreSQL": _version([program("postgres"), "--version"]),
            "Redis": _version(["redis-server", "--version"]),
            "C compiler": _version(["cc", "--version"]),
            "Python": platform.python_version(),
        },
    )


def cpu_model(cpuinfo: str) -> str:
    """The processor's name; where there is none (as on ARM), the kind of machine."""
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return " ".join(value.split())
    return platform.machine()


def _version(command: list[str]) -> str:
    try:
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own words
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    found = NUMBER.search(said)
    return found[0] if found else "unknown"
