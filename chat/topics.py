"""Registers chat's topics; `config/topics.py` includes them."""

from __future__ import annotations

from chat.consumers import ChatConsumer, UserConsumer
from realtime.topics import topic

__all__ = ["topic_patterns"]

topic_patterns = [
    topic("chat/<slug:room>", ChatConsumer),
    topic("user/me", UserConsumer),
]
