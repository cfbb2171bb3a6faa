"""Addresses below `/api/`."""

from __future__ import annotations

from django.urls import path

from accounts.api import views

__all__ = ["urlpatterns"]

urlpatterns = [
    path("token/", views.TokenView.as_view(), name="api-token"),
    path("token/refresh/", views.TokenRefreshView.as_view(), name="api-token-refresh"),
    path("me/", views.MeView.as_view(), name="api-me"),
]
