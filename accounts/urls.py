"""Addresses of the pages. The API has its own list in `accounts.api.urls`."""

from __future__ import annotations

from django.urls import path

from accounts import views

__all__ = ["urlpatterns"]

urlpatterns = [
    path("signup/", views.sign_up, name="signup"),
    path("login/", views.log_in, name="login"),
    path("logout/", views.log_out, name="logout"),
]
