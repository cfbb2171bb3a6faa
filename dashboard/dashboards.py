"""Makes the built-in dashboards known, in the order they are listed in; an app of yours decorates its classes."""

from __future__ import annotations

from dashboard.builtin.alerts import AlertsSource
from dashboard.builtin.moderation import ModerationSource
from dashboard.builtin.overview import OverviewSource
from dashboard.builtin.processes import ProcessesSource
from dashboard.builtin.rooms import RoomsSource
from dashboard.source import register

__all__: list[str] = []

for source in (OverviewSource, ProcessesSource, RoomsSource, ModerationSource, AlertsSource):
    register(source)
