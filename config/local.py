"""The settings a clone keeps for itself, in `var/local.env`: made once, read by every command run there.

So `make demo`, `manage.py` and a shell beside it share one SECRET_KEY and one database. Never used in
production. The file is NAME=value lines; a variable of the process wins over it.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["local_variables"]

HEADER = "# Made by manage.py for this clone alone: NAME=value lines, see docs/reference/settings.md.\n"


def local_variables(path: Path, process: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Read the file, making it first if it is not there; what the process was given comes on top."""
    if not path.exists():
        create(path)
    return {**parse(path.read_text(encoding="utf-8")), **process}


def parse(text: str) -> dict[str, str]:
    """Read NAME=value lines; blank lines and lines beginning with # say nothing."""
    lines = (line.strip() for line in text.splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def create(path: Path) -> None:
    """Write the file with a fresh SECRET_KEY, readable by its owner only.

    Two commands may come here at once: the file is written aside and linked into place, which fails for the
    second, and that one then reads what the first wrote.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # mkstemp gives mode 0600.
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=".local-", text=True)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{HEADER}SECRET_KEY={secrets.token_urlsafe(64)}\n")
        path.hardlink_to(aside)
    except FileExistsError:
        pass
    finally:
        Path(aside).unlink()
