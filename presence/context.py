"""What pages show of one's own presence before their scripts have heard of it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from presence.roster import Choice
from presence.selectors import choices_of

__all__ = ["own_presence"]


def own_presence(request: HttpRequest) -> dict[str, Any]:
    """A context processor: `presence_choice`, read where a template asks for it."""

    def choice() -> str:
        user = request.user
        return str(choices_of([user.pk])[user.pk].choice if user.is_authenticated else Choice.AUTO)

    return {"presence_choice": SimpleLazyObject(choice)}
