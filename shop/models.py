"""What the shop keeps: one row for each order. Written by `shop.services`; nobody else writes here."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

__all__ = ["Order", "Status"]


class Status(models.TextChoices):
    """How far an order has come."""

    PLACED = "placed", "placed"
    SHIPPED = "shipped", "shipped"
    CANCELLED = "cancelled", "cancelled"


class Order(models.Model):
    """So many of one product. amount_cents: of the whole order, in hundredths of a euro."""

    placed_at = models.DateTimeField(default=timezone.now)
    product = models.CharField(max_length=80)
    quantity = models.PositiveIntegerField()
    amount_cents = models.PositiveBigIntegerField()
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.PLACED)

    class Meta:
        ordering: ClassVar = ["-placed_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(quantity__gte=1), name="an_order_is_of_one_or_more"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="an_order_has_come_as_far_as_is_known"),
        ]
        # What the dashboard reads every second: the orders of a time, and those that wait.
        indexes: ClassVar = [
            models.Index(fields=["-placed_at", "-id"], name="orders_by_age"),
            models.Index(fields=["placed_at"], condition=Q(status=Status.PLACED), name="orders_to_ship"),
        ]

    def __str__(self) -> str:
        return f"order {self.pk}"
