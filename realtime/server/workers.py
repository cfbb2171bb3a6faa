"""Several workers behind one listening socket.

The parent binds, starts one process per worker on the inherited socket, starts a new one where one has
died, and restarts them one after another on SIGHUP. It runs no application code, so it has nothing to lose.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

__all__ = ["READY_BYTE", "Workers"]

logger = logging.getLogger(__name__)

READY_BYTE = b"r"
"""What a worker writes to `--ready-fd` once it serves."""
READY_WITHIN_S = 60.0
RESTART_PAUSE_S = 1.0
TICK_S = 0.2


class Worker:
    """One child process and the pipe on which it says that it serves."""

    def __init__(self, command: Sequence[str], listener: socket.socket) -> None:
        self._ready_fd, write_fd = os.pipe()
        os.set_blocking(self._ready_fd, False)
        arguments = [*command, "--fd", str(listener.fileno()), "--ready-fd", str(write_fd)]
        self.process = subprocess.Popen(arguments, pass_fds=(listener.fileno(), write_fd))  # noqa: S603 - our own command line
        os.close(write_fd)
        self.started_at = time.monotonic()

    def wait_ready(self, within_s: float) -> bool:
        """Whether it came up in time."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if os.read(self._ready_fd, 1) == READY_BYTE:
                    return True
            except BlockingIOError:
                pass
            time.sleep(0.05)
        return False

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()

    def close(self) -> None:
        os.close(self._ready_fd)


class Workers:
    """The parent process. `run` returns the exit code once every worker is gone."""

    def __init__(self, command: Sequence[str], listener: socket.socket, count: int, drain_s: float) -> None:
        self._command = command
        self._listener = listener
        self._count = count
        self._drain_s = drain_s
        self._workers: list[Worker] = []
        self._stopping = False
        self._rolling = False

    def run(self) -> int:
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        signal.signal(signal.SIGHUP, self._roll)
        self._workers = [self._start() for _ in range(self._count)]
        if not all(worker.wait_ready(READY_WITHIN_S) for worker in self._workers) and not self._stopping:
            # A setting that stops one stops all: say so instead of starting them over and over.
            print("A worker did not start; see its message above.", file=sys.stderr)  # noqa: T201 - to the operator
            self._stop_all()
            return 1
        while not self._stopping:
            self._tend()
            time.sleep(TICK_S)
        self._stop_all()
        return 0

    def _start(self) -> Worker:
        return Worker(self._command, self._listener)

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _roll(self, *_: object) -> None:
        self._rolling = True

    def _tend(self) -> None:
        for place, worker in enumerate(self._workers):
            code = worker.process.poll()
            if code is not None and not self._stopping:
                logger.error("worker %d ended with %s; starting another", worker.process.pid, code)
                worker.close()
                if time.monotonic() - worker.started_at < RESTART_PAUSE_S:
                    time.sleep(RESTART_PAUSE_S)
                self._workers[place] = self._start()
        if self._rolling:
            self._rolling = False
            self._restart_each()

    def _restart_each(self) -> None:
        """A new worker serves before the old one drains, so that there is always somebody to come back to."""
        for place, old in enumerate(list(self._workers)):
            if self._stopping:
                return
            new = self._start()
            if not new.wait_ready(READY_WITHIN_S):
                logger.error("the new worker did not come up; the old one stays")
                new.stop()
                new.close()
                return
            self._workers[place] = new
            self._end(old)

    def _stop_all(self) -> None:
        for worker in self._workers:
            worker.stop()
        for worker in self._workers:
            self._end(worker)

    def _end(self, worker: Worker) -> None:
        worker.stop()
        try:
            worker.process.wait(self._drain_s + 15)
        except subprocess.TimeoutExpired:
            worker.process.kill()
            worker.process.wait()
        worker.close()
