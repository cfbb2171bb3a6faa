"""Orders for staff: to look at, and to move on by the services."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from realtime.admin import LookAdmin, each
from shop.models import Order
from shop.services import order_cancel, order_ship

__all__ = ["OrderAdmin"]


@admin.register(Order)
class OrderAdmin(LookAdmin):
    """The newest first."""

    list_display = ("id", "placed_at", "product", "quantity", "amount", "status")
    list_filter = ("status", "placed_at")
    search_fields = ("product",)
    ordering = ("-placed_at", "-id")
    actions = ("ship", "cancel")

    @admin.display(ordering="amount_cents")
    def amount(self, order: Order) -> str:
        """What it costs."""
        return f"{order.amount_cents / 100:.2f} €"

    def has_move_permission(self, request: HttpRequest) -> bool:
        """Django's permission to change orders, though no form does."""
        return request.user.has_perm("shop.change_order")

    @admin.action(description="Ship", permissions=["move"])
    def ship(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        """Send orders on their way."""
        each(self, request, queryset, lambda order: order_ship(order=order), "shipped")

    @admin.action(description="Cancel", permissions=["move"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        """Give orders up."""
        each(self, request, queryset, lambda order: order_cancel(order=order), "cancelled")
