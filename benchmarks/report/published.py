"""Figures that others have published of servers that are not measured here. They are quoted, never compared with ours.

Each was measured by its publisher, on another machine, under another load.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PUBLISHED", "Quote"]


@dataclass(frozen=True, slots=True)
class Quote:
    """source: who says so, and where."""

    server: str
    says: str
    source: str


PUBLISHED = (
    Quote(
        "AnyCable (Go)",
        "100 % of messages delivered under repeated drops of 2 s; Socket.IO 84.6 %",
        "https://docs.anycable.io/capabilities",
    ),
)
