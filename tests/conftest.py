"""What every test run shares: the servers, the rule that nothing is skipped, and the logs of a failure.

With TEST_DATABASE_URL (see scripts/on-postgresql) only the tests run that use Django's test database; all
others would do the same thing a second time.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.processes import RUNNING

pytest_plugins = ["tests.support.fixtures"]

# What takes long on a machine with other work is no fault of the code.
settings.register_profile("chorus", deadline=None)
settings.load_profile("chorus")

DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup"}
# What waits longest goes first: of two processes none is left with it when the other has nothing more to do.
# The folders stay whole, so that Chromium and the site of tests/browser are started once by each.
KINDS = ["chaos", "browser", "integration", "unit"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(kind_of(item))
    items.sort(key=lambda item: KINDS.index(kind_of(item)))
    if "TEST_DATABASE_URL" in os.environ:
        others = [item for item in items if not uses_database(item)]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if uses_database(item)]


def kind_of(item: pytest.Item) -> str:
    """tests/<kind>/…: the folder is the kind."""
    return item.path.relative_to(item.config.rootpath / "tests").parts[0]


def uses_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(fixtures & DATABASE_FIXTURES)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        report.sections += [(f"log of {server.name}", server.log_tail()) for server in RUNNING]
    return report


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A test that could not run has not passed."""
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if (
        terminal
        and exitstatus == pytest.ExitCode.OK
        and any(terminal.stats.get(kind) for kind in ("skipped", "xfailed"))
    ):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure(config: pytest.Config) -> None:
    """Django takes the tests' SQLite file away, and not what a thread that is still connected wrote beside it."""
    for left in Path(config.rootpath, "var").glob(f"tests-{os.getpid()}.sqlite3*"):
        left.unlink(missing_ok=True)
