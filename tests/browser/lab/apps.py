"""Gives `lab` an hour of past, as if the server had run so long."""

from __future__ import annotations

import time
from typing import Any

import msgspec
from django.apps import AppConfig

__all__ = ["LabConfig"]

PAST_S = 3_600


class LabConfig(AppConfig):
    """See the module."""

    name = "tests.browser.lab"
    label = "lab"

    def ready(self) -> None:
        from realtime.hub import on_start

        on_start(begin)


def begin(hub: Any) -> None:
    from dashboard.past import row_of
    from dashboard.source import find_source
    from dashboard.store import MemoryStore
    from dashboard.ticker import ticker
    from tests.browser.lab.dashboards import state_at

    lab = find_source("lab")
    assert lab is not None
    # With a broker the past is in it.
    memory = ticker(hub).store._own
    assert isinstance(memory, MemoryStore)
    now_s = int(time.time())
    for at_s in range(now_s - PAST_S, now_s):
        row = row_of(lab, msgspec.to_builtins(state_at(at_s)), at_s * 1000)
        assert row is not None
        memory.append("lab", row)
