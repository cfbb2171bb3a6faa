"""Makes the built-in dashboards known, as any app's `dashboards.py` does its own."""

from dashboard.builtin import alerts, overview, processes

__all__ = ["alerts", "overview", "processes"]
