"""The engine's own tables: what every process has to hear of although no topic tells it.

Whose access changed (logged out, password changed, deactivated, deleted) is counted and listed here in the
transaction that changed it, so that a process whose broker is away finds it by reading one row every
tick. Knows users by their id only. Written by `realtime.auth.access`; nobody else writes here.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

__all__ = ["AccessChange", "AccessVersion"]


class AccessVersion(models.Model):
    """How often access changed, by scope. There is one row, `site`; its lock makes versions follow commits."""

    scope = models.CharField(max_length=32, primary_key=True)
    version = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = "access version"
        constraints = [
            models.CheckConstraint(condition=Q(version__gte=0), name="access_version_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.scope}: {self.version}"


class AccessChange(models.Model):
    """Whose access changed at which version. Only the newest are kept: who is further behind looks at everybody."""

    version = models.PositiveBigIntegerField(primary_key=True)
    user_id = models.BigIntegerField()
    changed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "access change"
        ordering = ["version"]

    def __str__(self) -> str:
        return f"{self.version}: user {self.user_id}"
