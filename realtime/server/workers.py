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
import time
from collections.abc import Callable, Mapping, Sequence

from realtime.metrics.directory import MetricsDirectory

__all__ = ["READY_BYTE", "Workers"]

logger = logging.getLogger(__name__)

READY_BYTE = b"r"
"""What a worker writes to `--ready-fd` once it serves."""
READY_WITHIN_S = 60.0
# Beyond its drain time a worker may flush its writers and close its connections.
END_WITHIN_S = 15.0
RESTART_PAUSE_S = 1.0
TICK_S = 0.1


class Worker:
    """One child process and the pipe on which it says that it serves."""

    def __init__(self, command: Sequence[str], listener: socket.socket, environment: Mapping[str, str]) -> None:
        self._ready_fd, write_fd = os.pipe()
        os.set_blocking(self._ready_fd, False)
        arguments = [*command, "--fd", str(listener.fileno()), "--ready-fd", str(write_fd)]
        fds = (listener.fileno(), write_fd)
        self.process = subprocess.Popen(arguments, pass_fds=fds, env=environment)  # noqa: S603 - our own command line
        os.close(write_fd)
        self.started_at = time.monotonic()
        self._serves = False

    @property
    def serves(self) -> bool:
        """Whether it has come up. Stays true when it ends."""
        if not self._serves:
            try:
                self._serves = os.read(self._ready_fd, 1) == READY_BYTE
            except BlockingIOError:
                return False
        return self._serves

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        if not self.ended:
            self.process.send_signal(number)

    def close(self) -> None:
        """Take it away once it has ended; kill it if it has not."""
        if not self.ended:
            self.process.kill()
            self.process.wait()
        os.close(self._ready_fd)


class Workers:
    """The parent process. `run` returns the exit code once every worker is gone.

    SIGTERM and SIGINT let the workers drain; a second SIGINT ends them without.
    """

    def __init__(self, command: Sequence[str], listener: socket.socket, count: int, drain_s: float) -> None:
        self._command = command
        self._listener = listener
        self._count = count
        self._end_within_s = drain_s + END_WITHIN_S
        self._metrics = MetricsDirectory()
        self._workers: list[Worker] = []
        # During a rolling restart: the one that comes up, or the one that leaves.
        self._passing: list[Worker] = []
        self._stopping = False
        self._rolling = False

    def run(self) -> int:
        try:
            return self._run()
        finally:
            self._metrics.remove()

    def _run(self) -> int:
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        signal.signal(signal.SIGHUP, self._roll)
        self._workers = [self._start() for _ in range(self._count)]
        if not self._first_start():
            self._stop_all()
            return 1
        while not self._stopping:
            self._replace_dead()
            if self._rolling:
                self._rolling = False
                self._restart_each()
            time.sleep(TICK_S)
        self._stop_all()
        return 0

    # --- signals: they only leave word, and pass on what cannot wait ------------------------------------

    def _stop(self, number: int, _: object) -> None:
        hurry = self._stopping and number == signal.SIGINT
        self._stopping = True
        for worker in (*self._workers, *self._passing):
            worker.stop(signal.SIGINT if hurry else signal.SIGTERM)

    def _roll(self, *_: object) -> None:
        self._rolling = True

    # --- one at a time ------------------------------------------------------------------------------

    def _start(self) -> Worker:
        return Worker(self._command, self._listener, self._metrics.environment())

    def _close(self, worker: Worker) -> None:
        worker.close()
        self._metrics.ended(worker.process.pid)

    def _first_start(self) -> bool:
        """Whether all came up. A setting that stops one stops all: nothing is started over and over."""
        deadline = time.monotonic() + READY_WITHIN_S
        while not self._stopping and not all(worker.serves for worker in self._workers):
            if any(worker.ended for worker in self._workers) or time.monotonic() > deadline:
                return False
            time.sleep(TICK_S)
        return True

    def _replace_dead(self) -> None:
        for place, worker in enumerate(self._workers):
            if worker.ended and not self._stopping:
                pid, code = worker.process.pid, worker.process.returncode
                logger.error("worker %d ended with %s; starting another", pid, code)
                self._close(worker)
                if time.monotonic() - worker.started_at < RESTART_PAUSE_S:
                    time.sleep(RESTART_PAUSE_S)
                self._workers[place] = self._start()

    def _restart_each(self) -> None:
        for old in list(self._workers):
            if self._stopping or not self._replace(old):
                return

    def _replace(self, old: Worker) -> bool:
        """A new worker serves before the old one drains, so that there is always somebody to come back to."""
        new = self._start()
        self._passing = [new]
        self._until(lambda: new.serves or new.ended, READY_WITHIN_S)
        if self._stopping:
            return False
        if not new.serves:
            logger.error("the new worker did not come up; the old ones stay")
            self._retire(new)
            return False
        if old in self._workers:
            self._workers[self._workers.index(old)] = new
            self._retire(old)
        else:  # it died meanwhile, and another new one has its place
            self._retire(new)
        return True

    def _retire(self, worker: Worker) -> None:
        self._passing = [worker]
        worker.stop()
        self._until(lambda: worker.ended, self._end_within_s)
        if not self._stopping:
            self._close(worker)
            self._passing = []

    def _until(self, true: Callable[[], bool], within_s: float) -> None:
        """Wait until it is so, or until all have to stop; those that die meanwhile are replaced."""
        deadline = time.monotonic() + within_s
        while not true() and not self._stopping and time.monotonic() < deadline:
            self._replace_dead()
            time.sleep(TICK_S)

    def _stop_all(self) -> None:
        # Nobody would answer what came in here from now on, and a client should hear so at once.
        self._listener.close()
        workers = [*self._workers, *self._passing]
        for worker in workers:
            worker.stop()
        deadline = time.monotonic() + self._end_within_s
        while not all(worker.ended for worker in workers) and time.monotonic() < deadline:
            time.sleep(TICK_S)
        for worker in workers:
            worker.close()
