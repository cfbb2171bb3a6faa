"""Registers the topic of dashboards; `config/topics.py` includes it."""

from __future__ import annotations

from dashboard.consumers import DashboardConsumer
from realtime.topics import topic

__all__ = ["topic_patterns"]

topic_patterns = [topic("dashboard/<slug:name>", DashboardConsumer)]
