"""The pages: which dashboards one may see, and each of them.

Complete HTML before any script, from the same state the socket tells; what scripts need goes along as JSON.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from chat.frame import page, rooms_in_order, viewer
from chat.page_data import page_data
from dashboard.page_data import MINUTES, alert_rows, board_data, board_groups, card_data, live_now
from dashboard.selectors import arrangement_of, source_for, source_state, visible_sources
from realtime.identity import identity_of
from realtime.protocol.errors import Unavailable

if TYPE_CHECKING:
    from accounts.models import User
    from dashboard.source import Source

__all__ = ["board", "boards"]


@require_GET
@page
def boards(request: HttpRequest) -> HttpResponse:
    """`/dashboard/`: those one may see, with their first values."""
    user = viewer(request)
    descriptions = [_description(source, user) for source in visible_sources(identity_of(user))]
    context = _frame(user, "dashboards", {"descriptions": descriptions})
    return render(request, "dashboard/boards.html", context | {"cards": [card_data(each) for each in descriptions]})


@require_GET
@page
def board(request: HttpRequest, name: str) -> HttpResponse:
    """`/dashboard/<name>/?minutes=5|15|60&tv=1`: one of them."""
    user = viewer(request)
    description = _description(source_for(name, identity_of(user)), user)
    arrangement = arrangement_of(user.pk, name)
    minutes = _minutes(request)
    context = _frame(user, "dashboard", board_data(description, arrangement, minutes))
    shown = {
        "board": description,
        "live": live_now(description),
        "alerts": alert_rows(description),
        "groups": board_groups(description, arrangement),
    }
    ranges = [(each, each == minutes) for each in MINUTES]
    return render(request, "dashboard/board.html", context | shown | {"ranges": ranges})


# --- helpers --------------------------------------------------------------------------------------


def _frame(user: User, name: str, data: dict[str, Any]) -> dict[str, Any]:
    mine = rooms_in_order(user)
    return {"side": {"rooms": mine}, "here": "dashboards", "page": page_data(user, mine) | {name: data}}


def _description(source: Source[Any], user: User) -> dict[str, Any]:
    """What it says now; where nothing can say it, how it will look once something can."""
    try:
        return source_state(source.name, identity_of(user))
    except Unavailable:
        nothing: dict[str, Any] = {"stale": None, "alone": False, "alerts": [], "state": {}, "at": None}
        return {**source.description, **nothing, "now": int(time.time() * 1000)}


def _minutes(request: HttpRequest) -> int:
    wanted = request.GET.get("minutes", "")
    return int(wanted) if wanted in {str(each) for each in MINUTES} else MINUTES[0]
