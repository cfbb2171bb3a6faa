"""The engine's settings: `settings.REALTIME` over the defaults that stand here.

Names and units are those of docs/reference/settings.md, which says what each is for. Reads Django's settings
and nothing else; `config.settings.base` is what fills them from the environment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver

__all__ = ["EngineConf", "conf"]


@dataclass(frozen=True, slots=True)
class EngineConf:
    """Every setting of the engine with its default: `_S` are seconds, `_BYTES` bytes, `_PER_S` a second."""

    # What a client may do (docs/reference/protocol.md, Limits).
    FRAME_BYTES: int = 65_536
    MESSAGE_BYTES_MAX: int = 1_048_576
    TOPICS_PER_CONNECTION: int = 100
    REQUESTS_PER_S: int = 100
    REQUESTS_BURST: int = 200
    # Requests to one topic that wait for those before them.
    REQUESTS_WAITING: int = 200
    # Bad frames of one connection within a minute.
    BAD_FRAMES: int = 50
    # Subscriptions of one user over all connections: each may cost a look at the database and a snapshot.
    SUBSCRIBES_PER_S: int = 20
    SUBSCRIBES_BURST: int = 1_000
    CONNECTIONS_PER_USER: int = 100
    # New sockets a second from one address, ten times that at once.
    CONNECTS_PER_ADDRESS_PER_S: int = 50
    # New sockets a second in this process, twice that at once: what one core greets beside its other work.
    CONNECTS_PER_S: int = 500
    # Open sockets of this process, known or not: its memory and file descriptors.
    CONNECTIONS_MAX: int = 50_000
    POSTS_PER_S: int = 20
    POSTS_BURST: int = 60
    AUTH_WITHIN_S: float = 10
    HANDSHAKE_WITHIN_S: float = 10
    HEARTBEAT_S: float = 25
    RECOVER_CHANGES: int = 500
    RECOVER_BYTES: int = 262_144
    RECENT_BYTES: int = 65_536

    # How the hub delivers, and heals what was lost.
    BUDGET_BYTES: int = 1_048_576
    STATE_BUDGET_BYTES: int = 65_536
    CHECK_EVERY_S: float = 1.5
    GAP_WAIT_S: float = 0.03
    LINGER_S: float = 30
    GATHER_S: float = 0.015
    BROKER_DEADLINE_S: float = 1.0
    DRAIN_S: float = 20
    # Compression under `serve` (decision 0023), and the frames it is not worth it for.
    DEFLATE: bool = False
    DEFLATE_FROM_BYTES: int = 256
    READERS: int = 2

    # Whether the process looks at itself once a second. Without that only what is rare is counted.
    SAMPLES: bool = True
    # Whether to trace (realtime.tracing).
    TRACES: bool = False
    # Who may read /metrics: who knows the token, and who asks from one of these networks.
    METRICS_TOKEN: str = ""
    METRICS_ALLOWED: list[str] = field(default_factory=lambda: ["127.0.0.1", "::1"])

    # Origins beside the hosts of ALLOWED_HOSTS that may connect with a session cookie.
    ALLOWED_ORIGINS: list[str] = field(default_factory=list)
    # Whether 127.0.0.1 and ::1 may connect as fast as they like: development and load tests.
    LOOPBACK_IS_EXEMPT: bool = False
    # The module whose `topic_patterns` are served.
    TOPICS: str = "config.topics"


@cache
def conf() -> EngineConf:
    """Give the settings in force; the same object until a test overrides `REALTIME`."""
    chosen: dict[str, Any] = getattr(settings, "REALTIME", {})
    return EngineConf(**chosen)


@receiver(setting_changed)
def forget(*, setting: str, **_: object) -> None:
    if setting == "REALTIME":
        conf.cache_clear()
