"""Rooms for staff. What a form sets goes through `room_create` and `room_update`, so everybody in the room sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User
from chat.models import Room
from chat.services import room_archive, room_create, room_update
from chat.texts import check_slug
from realtime.admin import ServiceAdmin, each
from realtime.protocol.errors import Invalid

if TYPE_CHECKING:
    RoomModelForm = forms.ModelForm[Room]
else:
    RoomModelForm = forms.ModelForm

__all__ = ["RoomAdmin"]

_SETTABLE = ("name", "topic", "visibility", "read_only", "slow_mode_s", "archived")
_LOG = ("last_seq", "state_seq", "post_count", "member_count", "epoch", "last_at", "last_author", "created_at")


class RoomForm(RoomModelForm):
    """Says at its field what the service would refuse."""

    class Meta:
        model = Room
        fields = ("slug", *_SETTABLE)

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        try:
            check_slug(slug)
        except Invalid as error:
            raise ValidationError(error.message) from error
        return slug


@admin.register(Room)
class RoomAdmin(ServiceAdmin):
    """A slug names topics and addresses, so it is given once. The log's counters are the log's own."""

    form = RoomForm
    list_display = ("name", "slug", "visibility", "state", "member_count", "post_count", "last_at")
    list_filter = ("visibility", "archived", "read_only")
    search_fields = ("name", "slug", "topic")
    ordering = ("-last_at", "slug")
    readonly_fields = _LOG
    actions = ("archive", "reopen")

    @admin.display(ordering="archived")
    def state(self, room: Room) -> str:
        """Who may write there, in a word."""
        if room.archived:
            return "archived"
        return "read-only" if room.read_only else "open"

    def get_fieldsets(self, request: HttpRequest, obj: Room | None = None) -> Any:
        room = (None, {"fields": ("slug", "name", "topic", "visibility")})
        rules = ("Rules", {"fields": ("read_only", "slow_mode_s", "archived")})
        if obj is None:
            return [room, ("Rules", {"fields": ("read_only", "slow_mode_s")})]
        return [room, rules, ("Log", {"fields": _LOG, "classes": ("collapse",)})]

    def get_readonly_fields(self, request: HttpRequest, obj: Room | None = None) -> Any:
        return _LOG if obj is None else ("slug", *_LOG)

    def save_model(self, request: HttpRequest, obj: Room, form: Any, change: bool) -> None:
        values = {name: form.cleaned_data[name] for name in form.changed_data if name in _SETTABLE}
        if change:
            # As the system: staff need not belong to a room to set it right.
            if values:
                room_update(room=obj, by=None, **values)
            return
        assert isinstance(request.user, User)
        created = room_create(owner=request.user, slug=obj.slug, **{"name": obj.name, **values})
        obj.__dict__.update(created.__dict__)

    @admin.action(description="Archive: nothing can be written any more", permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        """Close rooms for writing."""
        each(self, request, queryset, lambda room: room_archive(room=room, by=None), "archived")

    @admin.action(description="Open again", permissions=["change"])
    def reopen(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        """Open archived rooms."""
        each(self, request, queryset, lambda room: room_archive(room=room, by=None, archived=False), "opened")
