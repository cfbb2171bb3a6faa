"""The address a connection comes from: the peer's, or what the proxies of ours before it say. Pure.

The same rule as the HTTP API's (NUM_PROXIES, from CHORUS_PROXIES): without it everybody behind one proxy
would share one allowance of new connections.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.settings import api_settings

from realtime.auth.cookies import header_values

__all__ = ["connection_address"]


def connection_address(scope: Mapping[str, Any]) -> str | None:
    """None where the server knows no peer (a Unix socket) and no proxy of ours tells of one."""
    client = scope.get("client")
    peer = client[0] if client else None
    proxies: int = api_settings.NUM_PROXIES or 0
    if not proxies:
        return peer
    hops = [hop.strip() for value in header_values(scope, b"x-forwarded-for") for hop in value.split(",")]
    # Each of our proxies adds an entry at the end; what stands before those is what the client made up.
    return hops[-min(proxies, len(hops))] if hops else peer
