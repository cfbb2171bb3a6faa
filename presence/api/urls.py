"""Addresses below `/api/`."""

from __future__ import annotations

from django.urls import path

from presence.api.views import PeopleView, RoomPresenceView

__all__ = ["urlpatterns"]

urlpatterns = [
    path("presence/", PeopleView.as_view(), name="api-presence"),
    path("rooms/<slug:slug>/presence/", RoomPresenceView.as_view(), name="api-room-presence"),
]
