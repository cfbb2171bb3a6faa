"""Where the peers' programs and packages are, and which versions they are of."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

__all__ = ["NODE", "OWN_PYTHON", "PEERS_PYTHON", "ROOT", "node_versions", "own_versions", "peers_versions"]

ROOT = Path(__file__).resolve().parent.parent.parent
OWN_PYTHON = sys.executable
"""The project's own interpreter, with Channels, Daphne and uvicorn."""

VENV = ROOT / "var/peers/venv"
PEERS_PYTHON = str(VENV / "bin/python")
NODE = ROOT / "benchmarks/peers/node"
NODE_PACKAGES = NODE / "node_modules"


def own_versions(*names: str) -> Mapping[str, str]:
    """The versions of Python and of packages of the project itself."""
    return {"Python": platform.python_version(), **{name: metadata.version(name) for name in names}}


def peers_versions(*names: str) -> Mapping[str, str]:
    """The versions of Python and of packages in var/peers/venv, which has the same Python."""
    path = [str(folder) for folder in VENV.glob("lib/python*/site-packages")]
    found = {found.name: found.version for found in metadata.distributions(path=path)}
    if missing := set(names) - set(found):
        raise FileNotFoundError(f"{', '.join(sorted(missing))} not installed: run scripts/peers")
    return {"Python": platform.python_version(), **{name: found[name] for name in names}}


def node_versions(*names: str) -> Mapping[str, str]:
    """The versions of Node.js and of packages of benchmarks/peers/node."""
    asked = [shutil.which("node") or "node", "--version"]
    node = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603 - no input
    versions = {"Node.js": node.removeprefix("v")}
    for name in names:
        package = NODE_PACKAGES / name / "package.json"
        if not package.exists():
            raise FileNotFoundError(f"{name} not installed: run scripts/peers")
        versions[name] = json.loads(package.read_text(encoding="utf-8"))["version"]
    return versions
