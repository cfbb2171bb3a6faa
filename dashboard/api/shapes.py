"""Shapes of what is asked and answered."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from dashboard.past import MINUTES
from dashboard.services import PANELS_MAX
from realtime.http import StrictSerializer

__all__ = ["ArrangementBody", "DashboardAnswer", "DashboardsAnswer", "PastAnswer", "PastQuery"]

Shape = serializers.Serializer[Any]
PANEL_MAX = 100


class PastQuery(StrictSerializer):
    """How far back."""

    minutes = serializers.ChoiceField([str(each) for each in MINUTES], required=False, default="60")


class PastAnswer(Shape):
    """`at`: milliseconds since the epoch, ascending; each field has as many values, null where none is known."""

    step_s = serializers.FloatField()
    at = serializers.ListField(child=serializers.IntegerField())
    fields = serializers.DictField(child=serializers.ListField(child=serializers.FloatField(allow_null=True)))  # type: ignore[assignment]


class Summary(Shape):
    """One dashboard in the list."""

    name = serializers.SlugField()
    title = serializers.CharField()
    about = serializers.CharField()
    interval_s = serializers.FloatField(allow_null=True)
    alerts = serializers.IntegerField(help_text="How many of its limits are passed.")
    stale = serializers.BooleanField()


class DashboardsAnswer(Shape):
    """Those one may see."""

    results = Summary(many=True)


class DashboardAnswer(Shape):
    """A dashboard: how to show it, and what it says. Times are milliseconds since the epoch, by the server's clock."""

    name = serializers.SlugField()
    title = serializers.CharField()
    about = serializers.CharField()
    interval_s = serializers.FloatField(allow_null=True)
    fields = serializers.ListField(child=serializers.DictField())  # type: ignore[assignment]
    charts = serializers.ListField(child=serializers.DictField())
    at = serializers.IntegerField(allow_null=True, help_text="When the state was taken; null: never yet.")
    now = serializers.IntegerField()
    stale = serializers.DictField(allow_null=True, help_text="`{since, reason, detail}` where it could not be renewed.")
    alone = serializers.BooleanField(help_text="Redis is away: what one process knows by itself.")
    alerts = serializers.ListField(child=serializers.DictField())
    state = serializers.DictField()


class ArrangementBody(StrictSerializer):
    """Panels by id, like `chart:load`."""

    order = serializers.ListField(
        child=serializers.CharField(max_length=PANEL_MAX), max_length=PANELS_MAX, allow_empty=True
    )
    hidden = serializers.ListField(
        child=serializers.CharField(max_length=PANEL_MAX), max_length=PANELS_MAX, allow_empty=True
    )
