"""Makes the built-in dashboards known, as any app's `dashboards.py` does its own."""

from dashboard.builtin import alerts, moderation, rooms

__all__ = ["alerts", "moderation", "rooms"]
