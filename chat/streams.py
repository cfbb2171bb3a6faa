"""The names of chat's streams and topics, each made in one place."""

from __future__ import annotations

__all__ = ["ACTIVITY", "CHAT", "USER", "USER_TOPIC", "activity_stream", "chat_stream", "user_stream"]

CHAT = "chat/"
ACTIVITY = "activity/"
USER = "user/"
USER_TOPIC = "user/me"
"""What every user calls their own stream."""


def chat_stream(slug: str) -> str:
    """A room's log; the topic has the same name."""
    return f"{CHAT}{slug}"


def activity_stream(slug: str) -> str:
    """What the room lists of a room's members hear of it."""
    return f"{ACTIVITY}{slug}"


def user_stream(user_id: int) -> str:
    """What one user alone hears."""
    return f"{USER}{user_id}"
