"""What would otherwise show in the first busy minute is refused at start."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from realtime.checks import check_pool


def configure(monkeypatch, settings, options: dict[str, Any], readers: int = 4) -> None:
    monkeypatch.setattr("realtime.checks.settings", SimpleNamespace(DATABASES={"default": {"OPTIONS": options}}))
    settings.REALTIME = {**settings.REALTIME, "READERS": readers}


@pytest.mark.parametrize(("size", "fits"), [(7, True), (6, False), (None, True)])
def test_a_pool_that_the_engines_threads_would_use_up_is_refused(monkeypatch, settings, size, fits) -> None:
    configure(monkeypatch, settings, {"pool": {"min_size": 1, "max_size": size}})
    found = list(check_pool())
    assert (not found) is fits
    assert all("DATABASE_POOL_MAX is 6" in str(each.msg) and "at least 7" in str(each.msg) for each in found)


def test_a_database_without_a_pool_is_left_alone(monkeypatch, settings) -> None:
    configure(monkeypatch, settings, {})
    assert list(check_pool()) == []
