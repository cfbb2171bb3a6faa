"""Where orchestrators and balancers ask how this process is. No slash at the end: that is what they probe."""

from __future__ import annotations

from django.urls import path

from realtime.views import healthz, readyz

__all__ = ["urlpatterns"]

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
]
