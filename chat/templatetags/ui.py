"""What templates draw with: icons, and the small words of people, days and counts.

Icons: one sprite a page, and references into it. The drawings come from the npm package lucide-static, found
like any static file; of its 2,000 the page gets the few it shows. They stand inline because an icon in another
file would appear only after that file was fetched.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import cache
from pathlib import Path

from django import template
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

register = template.Library()

# As many colours as css/avatar.css has.
TINTS = 12
COUNT_MAX = 99
# Longer ago than this a day needs its year.
DATED_AFTER_DAYS = 180

SPRITE = "npm/lucide-static/sprite.svg"
ICONS = (
    "archive",
    "arrow-down",
    "arrow-up",
    "bell",
    "check",
    "chevron-down",
    "chevron-up",
    "chevrons-up-down",
    "circle-alert",
    "clock",
    "copy",
    "door-open",
    "ellipsis",
    "eye-off",
    "flag",
    "grip-vertical",
    "hash",
    "keyboard",
    "layout-dashboard",
    "link",
    "lock",
    "log-out",
    "maximize",
    "menu",
    "messages-square",
    "minimize",
    "monitor",
    "moon",
    "move",
    "pause",
    "pencil",
    "play",
    "plus",
    "rotate-ccw",
    "rotate-cw",
    "search",
    "settings",
    "sun",
    "table-2",
    "trash",
    "triangle-alert",
    "user-plus",
    "users",
    "wifi-off",
    "x",
)
SYMBOL = re.compile(r'<symbol id="([\w-]+)"[^>]*>(.*?)</symbol>', re.DOTALL)


@register.simple_tag
def icon(name: str, modifiers: str = "") -> SafeString:
    """Draw one icon of the sprite. It is decoration: the words stand beside it, in the template."""
    if name not in ICONS:
        raise template.TemplateSyntaxError(f"The sprite has no icon {name!r}; add it to chat.templatetags.ui.ICONS.")
    return format_html(
        '<svg class="icon {}" viewBox="0 0 24 24" aria-hidden="true"><use href="#icon-{}"/></svg>', modifiers, name
    )


@register.simple_tag
@cache
def icon_sprite() -> SafeString:
    """All icons as symbols, to stand once at the top of the page."""
    drawings = icon_drawings()
    symbols = format_html_join(
        "", '<symbol id="icon-{}" viewBox="0 0 24 24">{}</symbol>', ((name, drawings[name]) for name in ICONS)
    )
    return format_html('<svg class="sprite" aria-hidden="true">{}</svg>', symbols)


def icon_drawings() -> dict[str, SafeString]:
    """Read the shapes of the icons in use, without the white space between them."""
    found = {match[1]: match[2] for match in SYMBOL.finditer(read_static(SPRITE)) if match[1] in ICONS}
    # Safe: the text is a file of a pinned package, never what somebody wrote into the application.
    return {name: SafeString(re.sub(r">\s+<", "><", shapes.strip())) for name, shapes in found.items()}


def read_static(path: str) -> str:
    """Read a static file from where it was collected to, or, in a clone that collects nothing, from its source."""
    source = finders.find(path)
    if source is not None:
        return Path(source).read_text(encoding="utf-8")
    with staticfiles_storage.open(path) as collected:
        return bytes(collected.read()).decode()


# Times a page shows come in the active zone, which `chat.views` takes from the viewer's cookie.


@register.filter
def day_name(day: date) -> str:
    """Name a day as people do: today, yesterday, then by its date."""
    ago = (timezone.localdate() - day).days
    if ago == 0:
        return gettext("Today")
    if ago == 1:
        return gettext("Yesterday")
    return date_format(day, "l, F j" if 0 < ago < DATED_AFTER_DAYS else "F j, Y")


@register.filter
def brief_time(moment: str) -> str:
    """Say shortly when something was, from its ISO time: a time of today, a day before; see static/chat/time.js."""
    at = timezone.localtime(datetime.fromisoformat(moment))
    ago = (timezone.localdate() - at.date()).days
    if ago <= 0:
        return date_format(at, "H:i")
    if ago == 1:
        return gettext("Yesterday")
    return date_format(at, "M j" if ago < DATED_AFTER_DAYS else "M j, Y")


@register.filter
def tint(user_id: int) -> int:
    """Give a user's colour, 0 to 11. Knuth's multiplicative hash, so that neighbours differ; see chat/avatar.js."""
    return user_id * 2_654_435_761 % 2**32 % TINTS


@register.filter
def initials(name: str) -> str:
    """Give the first letters of a name's first and last word."""
    words = re.findall(r"[^\W_]+", name)
    ends = [words[0], words[-1]] if len(words) > 1 else words
    return "".join(word[0].upper() for word in ends)


@register.filter
def short_count(count: int | str) -> str:
    """Show a count that has little room."""
    return "99+" if int(count or 0) > COUNT_MAX else str(count or 0)
