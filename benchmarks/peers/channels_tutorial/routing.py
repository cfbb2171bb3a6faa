"""The one address, and Django's own: none."""

from __future__ import annotations

from typing import Any

from django.urls import path

from benchmarks.peers.channels_tutorial.consumers import ChatConsumer

# Any: Channels types its routes as a kind of URLPattern that only its own stubs know.
websocket_urlpatterns: list[Any] = [
    path("ws/chat/<slug:room>/", ChatConsumer.as_asgi()),  # type: ignore[arg-type]  # Channels routes ASGI applications
]
urlpatterns: list[Any] = []
