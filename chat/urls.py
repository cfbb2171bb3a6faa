"""Addresses of the pages. The API has its own list in `chat.api.urls`."""

from __future__ import annotations

from django.urls import path
from django.views.i18n import JavaScriptCatalog

from chat.views import join, post, room, rooms, theme

app_name = "chat"

urlpatterns = [
    path("", rooms, name="rooms"),
    path("rooms/<slug:slug>/", room, name="room"),
    path("rooms/<slug:slug>/post/", post, name="post"),
    path("rooms/<slug:slug>/join/", join, name="join"),
    path("theme/", theme, name="theme"),
    # A file of its own: the content security policy allows no inline catalogue.
    path("jsi18n/", JavaScriptCatalog.as_view(), name="jsi18n"),
]
