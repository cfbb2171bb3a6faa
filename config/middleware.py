"""The one exception from the content security policy: the admin, whose theme was not written for a strict one.

django-unfold drives its widgets by Alpine, which evaluates attributes as code, and sets colours by inline
style. Staff alone get past its log-in page, and no other page is loosened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_update

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase

    GetResponse = Callable[[HttpRequest], HttpResponseBase]

__all__ = ["admin_policy"]

ADMIN_PREFIX = "/admin/"
ADMIN_POLICY = {"script-src": [SELF, UNSAFE_EVAL, UNSAFE_INLINE], "style-src": [SELF, UNSAFE_INLINE]}


def admin_policy(get_response: GetResponse) -> GetResponse:
    """Middleware that loosens scripts and styles below /admin/. Stands inside CSPMiddleware."""
    loosened = csp_update(ADMIN_POLICY)(get_response)

    def middleware(request: HttpRequest) -> HttpResponseBase:
        respond = loosened if request.path.startswith(ADMIN_PREFIX) else get_response
        return respond(request)

    return middleware
