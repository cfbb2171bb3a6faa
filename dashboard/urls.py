"""Addresses of the pages. The API has its own list in `dashboard.api.urls`."""

from __future__ import annotations

from django.urls import path

from dashboard.views import board, boards

app_name = "dashboard"

urlpatterns = [
    path("dashboard/", boards, name="boards"),
    path("dashboard/<slug:name>/", board, name="board"),
]
