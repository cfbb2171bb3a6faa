"""A server process of a test: started with a log of its own, waited for, and ended by its own id.

Each leads a process group, so that what it started ends with it; nothing else is ever signalled.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["RUNNING", "ServerProcess", "environment", "kill_group", "refuses"]

START_WITHIN_S = 60.0
# Longer than any drain time a test asks for.
STOP_WITHIN_S = 20.0
POLL_S = 0.05
LOG_TAIL_BYTES = 8_000

RUNNING: list[ServerProcess] = []
"""What runs now, for the report of a test that fails."""


class ServerProcess:
    """One process and its log. `start` may be called again after `stop`; the log goes on."""

    def __init__(self, name: str, log_path: Path) -> None:
        self.name = name
        self.log_path = log_path
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self.name} has not been started"
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, command: Sequence[str], answers: Callable[[], bool], **options: Any) -> None:
        """Start and wait until `answers()` says yes. Raises RuntimeError with the log's end if it does not come."""
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **options
            )
        RUNNING.append(self)
        deadline = time.monotonic() + START_WITHIN_S
        while not answers():
            if not self.running or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"{self.name} did not start:\n{self.log_tail()}")
            time.sleep(POLL_S)

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the process itself, not to its group."""
        os.kill(self.pid, number)

    def freeze(self) -> None:
        """Stop the whole group from running, as a stalled machine would; it keeps its connections."""
        os.killpg(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.killpg(self.pid, signal.SIGCONT)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end, wait, and give its exit status. What does not end in time is killed."""
        assert self._process is not None
        if self.running:
            self.send_signal(number)
        return self._end(STOP_WITHIN_S)

    def kill(self) -> int:
        """End it at once, children included, without a chance to tidy up."""
        return self._end(0)

    def log_tail(self) -> str:
        return self.log_path.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace")

    def _end(self, within_s: float) -> int:
        assert self._process is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(within_s)
        # The leader's children may outlive it; the group's id is its own, so nobody else is met.
        kill_group(self._process.pid)
        if self in RUNNING:
            RUNNING.remove(self)
        return self._process.wait()


def kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def environment(**variables: str) -> Mapping[str, str]:
    """What a server process of a test is given: the way to its programs, and the variables named here."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "PYTHONUNBUFFERED": "1", **variables}


def refuses(port: int) -> bool:
    """Whether nobody listens on the loopback port any more."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except ConnectionResetError:  # the kernel is closing the listener with this connection in its queue
        return False
    except ConnectionRefusedError:
        return True
    return False
