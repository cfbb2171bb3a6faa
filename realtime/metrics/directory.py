"""Where the workers of one `serve` keep their numbers, each in files of its own.

For the process that starts them, which counts nothing itself. Counters of a dead worker stay, so that sums never
fall; what was true only while it lived goes with it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from prometheus_client.multiprocess import mark_process_dead

from realtime.metrics.registry import FOLDER_VARIABLE

__all__ = ["MetricsDirectory"]

PREFIX = "chorus-metrics-"


class MetricsDirectory:
    """A new folder, empty and its owner's alone, until `remove`. It is locked while it is used."""

    def __init__(self) -> None:
        remove_abandoned()
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._lock_fd = locked(self.path)

    def environment(self) -> Mapping[str, str]:
        """What a worker is started with: the variables of this process, and where to count."""
        # A server that runs for months may find its temporary files tidied away; a new worker needs the folder.
        if not self.path.is_dir():
            self.path.mkdir(mode=0o700)
            os.close(self._lock_fd)
            self._lock_fd = locked(self.path)
        return {**os.environ, FOLDER_VARIABLE: str(self.path)}

    def ended(self, pid: int) -> None:
        """This worker is gone, whatever ended it."""
        mark_process_dead(pid, str(self.path))

    def remove(self) -> None:
        """The last worker is gone."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock_fd)


def locked(path: Path) -> int:
    """The folder, open and locked. Raises OSError where another has the lock, and where it is none of ours."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        raise
    return fd


def remove_abandoned() -> None:
    """Remove what a `serve` that was killed left behind: nobody holds its lock any more."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            fd = locked(path)
            shutil.rmtree(path, ignore_errors=True)
            os.close(fd)
