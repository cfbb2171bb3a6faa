"""What all pages in the frame share: who may open them, in which time zone, and the rooms at the side.

For chat's own pages, and for those of packages that are built on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from chat.selectors import room_list_for
from realtime.protocol.errors import Forbidden, NotFound

if TYPE_CHECKING:
    from accounts.models import User

__all__ = ["page", "rooms_in_order", "viewer"]

Args = ParamSpec("Args")
View = Callable[Concatenate[HttpRequest, Args], HttpResponse]


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


def rooms_in_order(user: User) -> list[dict[str, Any]]:
    """One's own rooms: unread ones first, archived ones last, newest posts first (static/chat/room-items.js)."""
    return sorted(room_list_for(user), key=lambda row: (row["archived"], not row["unread"]))


def viewer(request: HttpRequest) -> User:
    """Who looks. `page` let nobody in who is not logged in."""
    return cast("User", request.user)


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
