"""The pages: all rooms, a room, and what they post where no script runs.

Reads through `access` and `selectors`, writes through `services`. A page is complete HTML before any script;
what the scripts need beside it goes along as JSON (`page_data`).
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from chat.access import Access, access_room
from chat.frame import page, rooms_in_order, viewer
from chat.page_data import page_data, room_seed, why_closed
from chat.selectors import room_directory
from chat.services import member_join, message_post
from chat.timeline import timeline_rows
from realtime.protocol.errors import RealtimeError

__all__ = ["join", "post", "room", "rooms", "theme"]

THEMES = ("light", "dark")
YEAR_S = 365 * 24 * 3600
# What a refused form answers with; the page says why.
REFUSED = 400


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


def wanted_message(request: HttpRequest) -> int | None:
    """Read `?message=<id>`; anything else is no wish."""
    wanted = request.GET.get("message", "")
    return int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 19 else None
