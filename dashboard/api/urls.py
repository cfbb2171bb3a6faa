"""Addresses below `/api/`."""

from __future__ import annotations

from django.urls import path

from dashboard.api.views import ArrangementView, DashboardsView, DashboardView, PastView

__all__ = ["urlpatterns"]

urlpatterns = [
    path("dashboard/", DashboardsView.as_view(), name="api-dashboards"),
    path("dashboard/<slug:name>/", DashboardView.as_view(), name="api-dashboard"),
    path("dashboard/<slug:name>/history/", PastView.as_view(), name="api-dashboard-history"),
    path("dashboard/<slug:name>/arrangement/", ArrangementView.as_view(), name="api-dashboard-arrangement"),
]
