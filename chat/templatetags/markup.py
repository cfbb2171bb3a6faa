"""The `markup` filter: a message's text as HTML, by `chat.markup`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

from chat.markup import to_html

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def markup(text: str) -> SafeString:
    """Render the Markdown subset; what is no string is a mistake of the view."""
    return to_html(text)
