"""Servers with the tests' own dashboards (board.py), and what their sources leave in a folder."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.chorus import SHAPES, ChorusServer
from tests.support.fixtures import Databases, StartChorus, own_redis, starter
from tests.support.redis import RedisServer

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
    return board_site(tmp_path)


@pytest.fixture
def start_board(start_chorus: StartChorus, start_redis: Callable[[], RedisServer], site: Path) -> StartChorus:
    """Starts servers that have these dashboards as well, on a Redis of their own: dashboards are one for all there."""

    def start(shape: str = "serve", *, workers: int | None = None, **variables: str):
        if SHAPES[shape].shared:
            variables.setdefault("REDIS_URL", start_redis().url)
        return start_chorus(shape, workers=workers, **board_variables(site), **variables)

    return start


@pytest.fixture(scope="module", params=["serve", "cluster"])
def board(
    request: pytest.FixtureRequest, databases: Databases, server_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ChorusServer]:
    """One such server for all tests of a module, in each of two shapes."""
    variables = board_variables(board_site(tmp_path_factory.mktemp("board")))
    with contextlib.ExitStack() as stack:
        if SHAPES[request.param].shared:
            variables["REDIS_URL"] = stack.enter_context(own_redis(server_folder)).url
        yield starter(stack, request, databases, server_folder)(request.param, **variables)


def board_site(folder: Path) -> Path:
    """Give the folder an app `board_site` whose dashboards are board.py's."""
    app = folder / "board_site"
    app.mkdir()
    (app / "__init__.py").touch()
    (app / "dashboards.py").write_text((Path(__file__).parent / "board.py").read_text() + REGISTERED)
    (folder / "board_settings.py").write_text(SETTINGS)
    return folder


def board_variables(site: Path) -> dict[str, str]:
    return {"DJANGO_SETTINGS_MODULE": "board_settings", "PYTHONPATH": str(site)}
