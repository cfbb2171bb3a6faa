"""Runs a command with TEST_DATABASE_URL naming a PostgreSQL server that lives as long as it.

So the tests that use Django's test database run once more, on the database of production.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.postgres import PostgresServer


def main(command: list[str]) -> int:
    """Run the command and give its exit status."""
    with tempfile.TemporaryDirectory(prefix="chorus-") as folder:
        server = PostgresServer(Path(folder) / "postgresql.log")
        try:
            server.run()
            variables = {**os.environ, "TEST_DATABASE_URL": server.url("chorus")}
            return subprocess.run(command, env=variables, check=False).returncode
        finally:
            server.remove()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
