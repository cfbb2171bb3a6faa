"""The pages of docs/ as tests read them: their code blocks, and the files and links they name.

A block whose fence names a file (```` ```python hello/topics.py ````) is that file's whole text.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.chorus import ROOT
from tests.support.processes import environment

__all__ = ["Block", "block", "blocks", "pages", "passed_by_itself"]

FENCED = re.compile(r"^```(?P<language>\w*)(?: (?P<name>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page. name: what its fence says behind the language, or an empty string."""

    language: str
    name: str
    text: str

    def write_to(self, folder: Path, name: str = "") -> Path:
        """Write it as the file it is, or under another name."""
        path = folder / (name or self.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.text, encoding="utf-8")
        return path


def pages() -> list[Path]:
    """Every page people read: those at the root and those of docs/."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def blocks(page: str) -> Iterator[Block]:
    """Every fenced block of a page, which is named by its path in the repository."""
    for found in FENCED.finditer((ROOT / page).read_text(encoding="utf-8")):
        yield Block(found["language"], found["name"] or "", found["text"])


def block(page: str, name: str) -> Block:
    """The one block of a page with that name. Raises ValueError if there is none, or more."""
    (found,) = [item for item in blocks(page) if item.name == name]
    return found


def passed_by_itself(path: Path, site: Path) -> str:
    """Run a page's own test as its reader would, with `site` on Python's path. Gives what pytest printed."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml")]
    done = subprocess.run(
        [*command, "--rootdir", str(site), str(path)],
        cwd=ROOT,
        env=environment(PYTHONPATH=str(site)),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout
