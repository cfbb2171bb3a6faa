"""Where orchestrators, balancers and Prometheus ask how this process is. They put no slash at the end."""

from __future__ import annotations

from django.urls import path

from realtime.metrics.views import metrics
from realtime.views import healthz, readyz

__all__ = ["urlpatterns"]

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]
