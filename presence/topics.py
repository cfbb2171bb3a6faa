"""Registers presence's topics; `config/topics.py` includes them."""

from __future__ import annotations

from presence.consumers import MyPresenceConsumer, PresenceConsumer, SitePresenceConsumer
from realtime.topics import topic

__all__ = ["topic_patterns"]

topic_patterns = [
    topic("presence/<slug:room>", PresenceConsumer),
    topic("user/presence", MyPresenceConsumer),
    topic("site/presence", SitePresenceConsumer),
]
