"""What users have reported, for staff: the open ones first, the oldest at the top, and what to do about them."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from accounts.models import User
from chat.admin.messages import excerpt_of
from chat.models import Report, Verdict
from chat.services import report_close
from realtime.admin import LookAdmin, each

__all__ = ["ReportAdmin"]


@admin.register(Report)
class ReportAdmin(LookAdmin):
    """A verdict closes every open report of the same message. What was reported is shown until then."""

    list_display = ("said", "author", "room", "reason", "reporter", "reported_at", "verdict", "closed_by")
    list_filter = (("closed_at", admin.EmptyFieldListFilter), "reason", "verdict")
    list_select_related = ("message__author", "message__room", "reporter", "closed_by")
    search_fields = ("text", "=reporter__username", "=message__author__username", "=message__room__slug")
    search_help_text = "Words of what was reported, or exactly a name or a room's slug."
    ordering = (F("closed_at").desc(nulls_first=True), "reported_at")
    fields = (
        "said_whole", "author", "room", "in_room", "reason", "note", "reporter", "reported_at",
        "verdict", "closed_at", "closed_by",
    )  # fmt: skip
    readonly_fields = fields
    change_form_outer_before_template = "chat/admin/verdict.html"
    actions = ("delete_message", "dismiss")

    @admin.display(description="text")
    def said(self, report: Report) -> str:
        """The beginning of what was reported."""
        return excerpt_of(report.text, "(closed)")

    @admin.display(description="text as it was reported")
    def said_whole(self, report: Report) -> str:
        """All of what was reported."""
        return "(forgotten when the report was closed)" if report.text is None else report.text

    @admin.display(ordering="message__author__username")
    def author(self, report: Report) -> str:
        """Whose message it is."""
        return report.message.author.get_username()

    @admin.display(ordering="message__room__slug")
    def room(self, report: Report) -> str:
        """Where it was said."""
        return str(report.message.room)

    @admin.display(description="in the room")
    def in_room(self, report: Report) -> str:
        """The message among what was said around it; in a private room for its members alone."""
        page = reverse("chat:room", args=[report.message.room.slug])
        link = '<a class="text-primary-600 dark:text-primary-500" href="{}?message={}">Look at it there</a>'
        return format_html(link, page, report.message_id)

    def has_verdict_permission(self, request: HttpRequest) -> bool:
        """Django's permission to change reports, though no field is changed by hand."""
        return request.user.has_perm("chat.change_report")

    def has_delete_message_permission(self, request: HttpRequest) -> bool:
        """Who may give a verdict and may delete messages."""
        return self.has_verdict_permission(request) and request.user.has_perm("chat.delete_message")

    @admin.action(description="Delete the message, and close its reports", permissions=["delete_message"])
    def delete_message(self, request: HttpRequest, queryset: QuerySet[Report]) -> None:
        """Leave a tombstone of each message."""
        self._close(request, queryset, Verdict.DELETED, "deleted")

    @admin.action(description="Dismiss: nothing is wrong with it", permissions=["verdict"])
    def dismiss(self, request: HttpRequest, queryset: QuerySet[Report]) -> None:
        """Close reports and leave the messages as they are."""
        self._close(request, queryset, Verdict.DISMISSED, "dismissed")

    def _close(self, request: HttpRequest, queryset: QuerySet[Report], verdict: Verdict, done: str) -> None:
        staff = request.user
        assert isinstance(staff, User)

        def close(report: Report) -> None:
            report_close(report=report, by=staff, verdict=verdict)

        reports = queryset.filter(closed_at=None).select_related("message__room")
        each(self, request, {report.message_id: report for report in reports}.values(), close, done)
