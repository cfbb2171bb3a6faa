"""Where the engine's socket lives. Plain Channels consumers may be routed beside it, with their own groups."""

from django.urls import path

from realtime.consumers.connection import ConnectionConsumer

__all__ = ["websocket_urlpatterns"]

websocket_urlpatterns = [path("ws/", ConnectionConsumer.as_asgi())]  # type: ignore[arg-type]  # Channels routes ASGI applications
