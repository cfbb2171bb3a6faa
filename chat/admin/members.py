"""Who belongs to which room, for staff. The row of one who left stays, for a mute must outlive a rejoin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from chat.models import Membership, Status
from chat.services import member_join_many, member_leave, member_restrict, member_set_notifications, member_set_role
from realtime.admin import ServiceAdmin, each

if TYPE_CHECKING:
    MembershipModelForm = forms.ModelForm[Membership]
else:
    MembershipModelForm = forms.ModelForm

__all__ = ["MembershipAdmin"]

_KEPT = ("status", "last_read_no", "last_posted_at", "joined_at", "changed_at")


class MembershipForm(MembershipModelForm):
    """Room and user when it is made; role, notifications and restrictions afterwards."""

    banned = forms.BooleanField(required=False, help_text="Ends the membership; no way back in until it is lifted.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "banned" in self.fields:
            self.initial["banned"] = self.instance.status == Status.BANNED

    class Meta:
        model = Membership
        fields = ("room", "user", "role", "muted_notifications", "muted_until")


@admin.register(Membership)
class MembershipAdmin(ServiceAdmin):
    """Adding somebody asks nobody but the room's size; a role is given as the system gives it."""

    form = MembershipForm
    list_display = ("user", "room", "role", "status", "muted_until", "joined_at")
    list_filter = ("role", "status")
    list_select_related = ("user", "room")
    search_fields = ("user__username", "room__slug", "room__name")
    autocomplete_fields = ("user", "room")
    ordering = ("-joined_at",)
    actions = ("remove",)

    def get_fields(self, request: HttpRequest, obj: Membership | None = None) -> Any:
        who = ("room", "user", "role")
        return who if obj is None else (*who, "muted_notifications", "muted_until", "banned", *_KEPT)

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> Any:
        if obj is None:
            return ()
        return ("room", "user", *_KEPT) if obj.is_member else ("room", "user", "role", "muted_notifications", *_KEPT)

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        values = form.cleaned_data
        if not change:
            member_join_many(room=obj.room, user_ids=[obj.user_id])
            made = Membership.objects.get(room=obj.room, user=obj.user_id)
            obj.pk, obj._state.adding = made.pk, False
        if "role" in form.changed_data:
            member_set_role(room=obj.room, by=None, user=obj.user, role=values["role"])
        if "muted_notifications" in form.changed_data:
            member_set_notifications(room=obj.room, user=obj.user, muted=values["muted_notifications"])
        if {"muted_until", "banned"} & set(form.changed_data):
            member_restrict(
                room=obj.room, by=None, user=obj.user, muted_until=values["muted_until"], banned=values["banned"]
            )

    @admin.action(description="Remove from the room", permissions=["change"])
    def remove(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        """Have members leave their rooms."""
        members = queryset.filter(status=Status.MEMBER).select_related("room", "user")
        each(self, request, members, lambda member: member_leave(room=member.room, user=member.user), "removed")
