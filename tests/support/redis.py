"""A Redis server of one's own, without a disk."""

from __future__ import annotations

import socket
from pathlib import Path

from tests.support.ports import free_port
from tests.support.processes import ServerProcess

__all__ = ["RedisServer"]


class RedisServer(ServerProcess):
    """Redis on a free port, the same one after a restart."""

    def __init__(self, log_path: Path, **options: str) -> None:
        """`options` are Redis' own, with _ for -, over those that are always given."""
        super().__init__("redis", log_path)
        self.port = free_port()
        self._options = {name.replace("_", "-"): value for name, value in options.items()}

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def run(self) -> None:
        """Start it, or start it again, empty."""
        options = {"port": str(self.port), "bind": "127.0.0.1", "save": "", "appendonly": "no"} | self._options
        arguments = [word for name, value in options.items() for word in (f"--{name}", value)]
        self.start(["redis-server", *arguments], self._answers)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith((b"+PONG", b"-NOAUTH"))
        except OSError:
            return False
