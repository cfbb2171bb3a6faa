"""The pages: all rooms, a room, and what they post where no script runs.

Reads through `access` and `selectors`, writes through `services`. A page is complete HTML before any script;
what the scripts need beside it goes along as JSON (`page_data`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from chat.access import Access, access_room
from chat.page_data import page_data, room_seed, why_closed
from chat.selectors import room_directory, room_list_for
from chat.services import member_join, message_post
from chat.timeline import timeline_rows
from realtime.protocol.errors import Forbidden, NotFound, RealtimeError

if TYPE_CHECKING:
    from accounts.models import User

__all__ = ["join", "post", "room", "rooms", "theme"]

Args = ParamSpec("Args")
View = Callable[Concatenate[HttpRequest, Args], HttpResponse]

THEMES = ("light", "dark")
YEAR_S = 365 * 24 * 3600
# What a refused form answers with; the page says why.
REFUSED = 400


def page(view: View[Args]) -> View[Args]:
    """Only for people who are logged in, in their time zone, never from a cache; refusals become pages."""

    @login_required
    @never_cache
    @wraps(view)
    def wrapped(request: HttpRequest, /, *args: Args.args, **kwargs: Args.kwargs) -> HttpResponse:
        try:
            with viewer_zone(request):
                return view(request, *args, **kwargs)
        except NotFound as error:
            raise Http404 from error
        except Forbidden as error:
            raise PermissionDenied(error.message) from error

    return wrapped


@require_GET
@page
def rooms(request: HttpRequest) -> HttpResponse:
    """`/`: one's own rooms with what is unread, and those one could join."""
    mine = rooms_in_order(viewer(request))
    others = room_directory(viewer(request))
    context = {"side": {"rooms": mine}, "mine": mine, "others": others}
    return render(request, "chat/rooms.html", context | {"page": page_data(viewer(request), mine)})


@require_GET
@page
def room(request: HttpRequest, slug: str) -> HttpResponse:
    """`/rooms/<slug>/?message=<id>`: a room at its end, or around a message."""
    return room_page(request, access_room(viewer(request), slug))


@require_POST
@page
def post(request: HttpRequest, slug: str) -> HttpResponse:
    """Where the composer posts without a script. What is refused comes back with the text in its field."""
    access = access_room(viewer(request), slug)
    # A form sends every line break as CR LF; one typed a line break.
    text = request.POST.get("text", "").replace("\r\n", "\n")
    try:
        message_post(room=access.room, author=viewer(request), text=text)
    except RealtimeError as error:
        return room_page(request, access, fault=error.message, draft=text)
    return redirect("chat:room", slug)


@require_POST
@page
def join(request: HttpRequest, slug: str) -> HttpResponse:
    """Become a member of a public room, and go there."""
    access = access_room(viewer(request), slug)
    try:
        member_join(room=access.room, user=viewer(request))
    except RealtimeError as error:
        messages.error(request, error.message)
        return redirect("chat:rooms")
    return redirect("chat:room", slug)


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember light or dark in a cookie, or forget it: then the system decides."""
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    response = redirect(target if safe else resolve_url("chat:rooms"))
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        response.set_cookie("theme", chosen, max_age=YEAR_S, samesite="Lax", secure=request.is_secure())
    else:
        response.delete_cookie("theme", samesite="Lax")
    return response


# --- helpers --------------------------------------------------------------------------------------


def room_page(request: HttpRequest, access: Access, *, fault: str = "", draft: str = "") -> HttpResponse:
    """Render a room; `fault` is why what was posted was not taken."""
    mine = rooms_in_order(viewer(request))
    seed = room_seed(access, around=wanted_message(request))
    context: dict[str, Any] = {
        "side": {"rooms": mine},
        "page": page_data(viewer(request), mine, seed),
        "rows": timeline_rows(seed["messages"], viewer_id=viewer(request).pk, last_read_no=seed["me"]["last_read_no"]),
        "closed": why_closed(access, viewer(request)),
        "fault": fault,
        "draft": draft,
    }
    # `room`, `me`, `has_more` and `has_newer` by their own names; the messages are shown as `rows`.
    return render(request, "chat/room.html", seed | context, status=REFUSED if fault else 200)


def rooms_in_order(user: User) -> list[dict[str, Any]]:
    """One's own rooms: unread ones first, archived ones last, newest posts first (static/chat/room-items.js)."""
    return sorted(room_list_for(user), key=lambda row: (row["archived"], not row["unread"]))


def viewer(request: HttpRequest) -> User:
    """Who looks. `page` let nobody in who is not logged in."""
    return cast("User", request.user)


def wanted_message(request: HttpRequest) -> int | None:
    """Read `?message=<id>`; anything else is no wish."""
    wanted = request.GET.get("message", "")
    return int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 19 else None


@contextmanager
def viewer_zone(request: HttpRequest) -> Iterator[None]:
    """Show times in the zone the browser named in its cookie (static/chat/page-data.js)."""
    try:
        zone = ZoneInfo(request.COOKIES.get("timezone", ""))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield
        return
    with timezone.override(zone):
        yield
