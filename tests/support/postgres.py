"""A PostgreSQL server of one's own, in a temporary folder, with everything at its default (but fsync, where
nothing has to outlive the machine), and with its statements counted for who asks.

PostgreSQL refuses to run as root, so root's tests run it as another user of the machine.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.support.ports import free_port
from tests.support.processes import ServerProcess

__all__ = ["PostgresServer"]

# Where Debian keeps the programs, which it does not put on the PATH.
DEBIAN = "/usr/lib/postgresql"


class PostgresServer(ServerProcess):
    """PostgreSQL on a free port. `run` and `stop` may alternate: its data stays until `remove`.

    durable: with fsync, as a server has it; tests kill processes, not machines, and do without.
    """

    def __init__(self, log_path: Path, *, durable: bool = False) -> None:
        super().__init__("postgresql", log_path)
        self._durable = durable
        self.port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="chorus-postgresql-"))
        self._data = self._folder / "data"
        self._as: dict[str, Any] = other_user()
        if self._as:
            shutil.chown(self._folder, self._as["user"], self._as["group"])
        self._initialise()

    def url(self, database: str) -> str:
        return f"postgresql://chorus@127.0.0.1:{self.port}/{database}"

    def run(self) -> None:
        settings = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self._folder),
            "fsync": "on" if self._durable else "off",
            "shared_preload_libraries": "pg_stat_statements",
        }
        flags = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self.start([program("postgres"), "-D", str(self._data), *flags], self._answers, cwd=self._folder, **self._as)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Shut down, by default without waiting for clients to leave (its fast shutdown)."""
        return super().stop(number)

    def remove(self) -> None:
        """End it and delete its data."""
        if self.running:
            self.stop()
        shutil.rmtree(self._folder)

    def create(self, database: str, template: str = "template1") -> str:
        """Make a database as a copy of another, and give its URL."""
        self.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(database), sql.Identifier(template))
        )
        return self.url(database)

    def drop(self, database: str) -> None:
        """Delete a database, even if somebody is still connected."""
        self.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    def execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def _initialise(self) -> None:
        subprocess.run(
            [program("initdb"), "-D", str(self._data), "-U", "chorus", "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            **self._as,
        )

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.url("postgres"), connect_timeout=1):
                return True
        except psycopg.OperationalError:
            return False


def program(name: str) -> str:
    """Find one of PostgreSQL's programs, the newest of several versions."""
    folders = sorted(Path(DEBIAN).glob("*/bin"), key=lambda folder: int(folder.parent.name), reverse=True)
    found = shutil.which(name, path=os.pathsep.join([*map(str, folders), os.environ.get("PATH", os.defpath)]))
    if found is None:
        raise RuntimeError(f"PostgreSQL's {name} is not installed; scripts/system says how to get it.")
    return found


def other_user() -> dict[str, Any]:
    """Who to run as, in subprocess's words: nothing to change unless this is root."""
    if os.geteuid() != 0:
        return {}
    entry = next(entry for entry in pwd.getpwall() if entry.pw_name in {"postgres", "nobody"})
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
