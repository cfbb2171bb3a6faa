"""Accounts for staff. Django's own user admin writes users; `realtime.auth` hears of what ends their access.

An account is disabled, never deleted: messages keep their authors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.models import User
from accounts.services import account_set_active
from realtime.admin import ServiceAdmin, each

if TYPE_CHECKING:
    UserBase = DjangoUserAdmin[User]
else:
    UserBase = DjangoUserAdmin

__all__ = ["GroupAdmin", "UserAdmin"]

admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(UserBase, ServiceAdmin):
    """Names, rights, and whether the account may be used."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "kind", "is_active", "last_login", "date_joined")
    list_filter = ("is_active", "is_staff", "is_superuser", "is_load_account", "groups")
    search_fields = ("username", "first_name", "last_name", "email")
    readonly_fields = ("last_login", "date_joined", "is_load_account")
    ordering = ("-date_joined",)
    actions = ("disable", "enable")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "date_joined", "is_load_account")}),
    )

    @admin.display(ordering="is_staff")
    def kind(self, user: User) -> str:
        """What the account is for."""
        if user.is_superuser:
            return "superuser"
        if user.is_staff:
            return "staff"
        return "load test" if user.is_load_account else "person"

    @admin.action(description="Disable: log-in, tokens and live connections end", permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Shut accounts out; one's own stays, lest nobody is left to undo it."""
        assert isinstance(request.user, User)
        others = queryset.exclude(pk=request.user.pk)
        each(self, request, others, lambda user: account_set_active(user=user, active=False), "disabled")

    @admin.action(description="Enable again", permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Let accounts in again."""
        each(self, request, queryset, lambda user: account_set_active(user=user, active=True), "enabled")


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ServiceAdmin):
    """Rights given to many at once. A group names nothing in the log, so it may go."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super(ServiceAdmin, self).has_delete_permission(request, obj)
