"""Connections end when what they stand on ends: log-out, a changed password, an expired or disabled account.

One `SessionWatch` per hub, asked at every check (≤ 2 s) and at once when a process signals that somebody's
access changed. This is where the hub, which knows no accounts, and `realtime.auth`, which knows no hub, meet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from realtime.auth.access import SIGNAL
from realtime.auth.watch import SessionWatch
from realtime.hub import Hub, on_check, on_signal

__all__ = ["watch_of"]

_watches: WeakKeyDictionary[Hub, SessionWatch] = WeakKeyDictionary()


def watch_of(hub: Hub) -> SessionWatch:
    """The watch over the sessions of this hub's connections."""
    watch = _watches.get(hub)
    if watch is None:
        watch = _watches[hub] = SessionWatch()
    return watch


async def _check(hub: Hub) -> None:
    if hub in _watches:
        await _watches[hub].check()


def _access_changed(hub: Hub, data: Mapping[str, Any]) -> None:
    # Only whoever has the user's sockets need look now; the others see the version at their next check.
    if hub.connections.of_user(data["user"]):
        hub.healer.check_soon()


on_check(_check)
on_signal(SIGNAL, _access_changed)
