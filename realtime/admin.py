"""What the admins of all apps are built on, and the engine's own tables for a look.

Django's admin writes models; here only services write. So what a service must do is read-only in the forms,
or `save_model` calls the service, and a service's refusal comes back as a message instead of a crash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from realtime.models import AccessChange, AccessVersion
from realtime.protocol.errors import RealtimeError

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    Base = ModelAdmin[Any]
else:
    # Unfold's is Django's with another face; it brings no types of its own.
    from unfold.admin import ModelAdmin as Base

__all__ = ["LookAdmin", "ServiceAdmin", "each"]

M = TypeVar("M", bound=Model)


class ServiceAdmin(Base):
    """Shows and changes what services allow. Nothing is deleted: the log names rows for ever."""

    list_fullwidth = True
    list_filter_submit = True
    warn_unsaved_form = True
    # Counting all rows beside the filtered ones costs a scan of the table on each page.
    show_full_result_count = False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except RealtimeError as refusal:
            # The form's transaction was rolled back on the way here.
            self.message_user(request, refusal.message, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())


class LookAdmin(ServiceAdmin):
    """For a look: nothing is added, nothing changed by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def each(model_admin: Base, request: HttpRequest, rows: Iterable[M], act: Callable[[M], object], done: str) -> None:
    """Call a service for each row of an action, and say how many were done and what was refused. done: "archived".

    What was done stands in the admin's log, as what a form changes does.
    """
    count, refusals = 0, []
    for row in rows:
        try:
            act(row)
            model_admin.log_change(request, row, f"{done.capitalize()}.")
            count += 1
        except RealtimeError as refusal:
            refusals.append(f"{row}: {refusal.message}")
    if count:
        model_admin.message_user(request, f"{count} {done}.", messages.SUCCESS)
    for refusal_text in refusals[:5]:
        model_admin.message_user(request, refusal_text, messages.ERROR)
    if len(refusals) > 5:
        model_admin.message_user(request, f"{len(refusals) - 5} more were refused.", messages.ERROR)


@admin.register(AccessVersion)
class AccessVersionAdmin(LookAdmin):
    """How often access changed."""

    list_display = ("scope", "version")


@admin.register(AccessChange)
class AccessChangeAdmin(LookAdmin):
    """Whose access changed lately: log-outs, changed passwords, disabled accounts."""

    list_display = ("version", "user_id", "changed_at")
    search_fields = ("=user_id",)
    ordering = ("-version",)
