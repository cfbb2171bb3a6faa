"""Ports for servers that have to be told one before they start."""

from __future__ import annotations

import socket

__all__ = ["free_port"]


def free_port() -> int:
    """Name a port of 127.0.0.1 that nobody listens on. Whoever is given it should bind soon."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
