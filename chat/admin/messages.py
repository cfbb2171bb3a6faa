"""What was said, for staff: to look at, and to delete as a moderator does. Texts are never edited here."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User
from chat.models import Mention, Message, MessageKey
from chat.services import message_delete
from realtime.admin import LookAdmin, each

__all__ = ["MentionAdmin", "MessageAdmin", "MessageKeyAdmin", "excerpt_of"]

_EXCERPT = 80


@admin.register(Message)
class MessageAdmin(LookAdmin):
    """Every message as it now is; a deleted one has lost its text for good."""

    list_display = ("excerpt", "author", "room", "post_no", "created_at", "edited_at", "deleted_at")
    list_filter = (
        ("deleted_at", admin.EmptyFieldListFilter),
        ("edited_at", admin.EmptyFieldListFilter),
        "created_at",
    )
    list_select_related = ("author", "room")
    search_fields = ("text", "=author__username", "=room__slug")
    search_help_text = "Words of the text, or exactly an author's name or a room's slug."
    ordering = ("-id",)
    actions = ("take_away",)

    @admin.display(description="text")
    def excerpt(self, message: Message) -> str:
        """The beginning of the text, or that there is none any more."""
        return excerpt_of(message.text, "(deleted)")

    def has_take_away_permission(self, request: HttpRequest) -> bool:
        """Django's permission to delete messages, though no row goes."""
        return request.user.has_perm("chat.delete_message")

    @admin.action(description="Delete: the text is erased, the place stays", permissions=["take_away"])
    def take_away(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        """Leave a tombstone of each."""
        staff = request.user
        assert isinstance(staff, User)

        def delete(message: Message) -> None:
            message_delete(room=message.room, author=staff, message_id=message.pk, as_system=True)

        each(self, request, queryset.filter(text__isnull=False).select_related("room"), delete, "deleted")


@admin.register(Mention)
class MentionAdmin(LookAdmin):
    """Who was named in what they have not read yet."""

    list_display = ("member", "room", "message", "post_no")
    list_select_related = ("membership__user", "membership__room", "message")
    search_fields = ("=membership__user__username", "=membership__room__slug")
    ordering = ("-id",)

    @admin.display(ordering="membership__user__username")
    def member(self, mention: Mention) -> str:
        """Who was named."""
        return mention.membership.user.get_username()

    @admin.display(ordering="membership__room__slug")
    def room(self, mention: Mention) -> str:
        """Where."""
        return str(mention.membership.room)


@admin.register(MessageKey)
class MessageKeyAdmin(LookAdmin):
    """What clients' idempotency keys have done, for a week."""

    list_display = ("key", "author", "room", "seq", "message", "created_at")
    list_select_related = ("author", "room", "message")
    list_filter = ("created_at",)
    search_fields = ("=key", "=author__username", "=room__slug")
    fields = ("key", "author", "room", "seq", "message", "created_at")
    ordering = ("-id",)


def excerpt_of(text: str | None, gone: str) -> str:
    """The beginning of a text, or `gone` for none."""
    if text is None:
        return gone
    return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}…"
