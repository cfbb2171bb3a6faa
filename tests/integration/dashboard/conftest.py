"""Servers with the tests' own dashboards (board.py), and what their sources leave in a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.fixtures import StartChorus

SETTINGS = """
from config.settings.dev import *
INSTALLED_APPS = [*INSTALLED_APPS, "board_site"]
"""
REGISTERED = """
from dashboard import register

for source in SOURCES:
    register(source)
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with an app `board_site` whose dashboards are board.py's."""
    app = tmp_path / "board_site"
    app.mkdir()
    (app / "__init__.py").touch()
    (app / "dashboards.py").write_text((Path(__file__).parent / "board.py").read_text() + REGISTERED)
    (tmp_path / "board_settings.py").write_text(SETTINGS)
    return tmp_path


@pytest.fixture
def start_board(start_chorus: StartChorus, site: Path) -> StartChorus:
    """Starts servers that have these dashboards as well."""

    def start(shape: str = "serve", *, workers: int | None = None, **variables: str):
        given = {"DJANGO_SETTINGS_MODULE": "board_settings", "PYTHONPATH": str(site), **variables}
        return start_chorus(shape, workers=workers, **given)

    return start
