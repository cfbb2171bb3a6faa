"""Chorus as a process of its own: under `manage.py serve` with one worker or more, or under Daphne.

It runs on the settings of `make demo`, with a database, a key and a broker given by the test.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.support.ports import free_port
from tests.support.processes import ServerProcess, environment

__all__ = ["SHAPES", "ChorusServer", "Shape", "manage"]

ROOT = Path(__file__).resolve().parent.parent.parent
# Long enough to send a few hundred clients away, short enough for a test to wait for.
DRAIN_S = "1"


@dataclass(frozen=True)
class Shape:
    """How Chorus is run. `shared`: on PostgreSQL and Redis instead of a SQLite file and memory."""

    server: str = "serve"
    workers: int = 1
    shared: bool = False


SHAPES = {
    "serve": Shape(),
    "cluster": Shape(workers=2, shared=True),
    "daphne": Shape(server="daphne"),
}
"""What a delivery test runs on: one process with nothing beside it, two with everything, and another server."""


@dataclass
class ChorusServer(ServerProcess):
    """One running Chorus. `variables` are its environment; the port stays the same over restarts.

    cpus: the processors it may use; None leaves it where its parent is.
    """

    shape: Shape
    variables: Mapping[str, str]
    log: Path
    port: int = field(default_factory=free_port)
    cpus: frozenset[int] | None = None

    def __post_init__(self) -> None:
        super().__init__(f"chorus ({self.shape.server})", self.log)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/"

    def run(self) -> None:
        """Start it and wait until it answers over HTTP."""
        pinned = None if self.cpus is None else partial(os.sched_setaffinity, 0, self.cpus)
        self.start(self._command(), self._answers, cwd=ROOT, env=environment(**self.variables), preexec_fn=pinned)

    def restart(self) -> int:
        """End it as a deployment would, start it again, and give the status it ended with."""
        status = self.stop()
        self.run()
        return status

    def roll(self) -> None:
        """Ask `serve` to restart its workers one after another. Returns at once."""
        self.send_signal(signal.SIGHUP)

    def manage(self, *arguments: str) -> str:
        """Run a management command on the same settings and database, beside the server; gives what it prints."""
        return manage(self.variables, *arguments)

    def _command(self) -> list[str]:
        if self.shape.server == "daphne":
            return [
                *(sys.executable, "-m", "daphne", "--bind", "127.0.0.1", "--port", str(self.port)),
                *("--verbosity", "0", "config.asgi:application"),
            ]
        return [
            *(sys.executable, "manage.py", "serve", "--host", "127.0.0.1", "--port", str(self.port)),
            *("--workers", str(self.shape.workers), "--drain", DRAIN_S),
        ]

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def manage(variables: Mapping[str, str], *arguments: str) -> str:
    """Run a management command with the variables of a server. Raises RuntimeError with what it said."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"manage.py {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout
