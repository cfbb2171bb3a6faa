"""How each user has their dashboards. What dashboards show is not kept in the database."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

__all__ = ["Arrangement"]


class Arrangement(models.Model):
    """The panels of one dashboard as one user has them: their order, and which are hidden. Ids like `chart:load`."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="arrangements", db_index=False
    )
    source = models.CharField(max_length=50)
    order = models.JSONField(default=list)
    hidden = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "source"], name="a_user_has_a_dashboard_one_way"),
        ]

    def __str__(self) -> str:
        return f"{self.source} of {self.user_id}"
