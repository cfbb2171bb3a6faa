"""Two exceptions from what holds for every page: the admin's content security policy, and the probes' Host.

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

__all__ = ["admin_policy", "probes_by_any_host"]

ADMIN_PREFIX = "/admin/"
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
ADMIN_POLICY = {"script-src": [SELF, UNSAFE_EVAL, UNSAFE_INLINE], "style-src": [SELF, UNSAFE_INLINE]}


def admin_policy(get_response: GetResponse) -> GetResponse:
    """Middleware that loosens scripts and styles below /admin/. Stands inside CSPMiddleware."""
    loosened = csp_update(ADMIN_POLICY)(get_response)

    def middleware(request: HttpRequest) -> HttpResponseBase:
        respond = loosened if request.path.startswith(ADMIN_PREFIX) else get_response
        return respond(request)

    return middleware


def probes_by_any_host(get_response: GetResponse) -> GetResponse:
    """Middleware that lets probes ask by address: a host that is not ours would be 400, and a page of log each.

    Stands before CommonMiddleware, which asks. Nothing in a probe's answer is made of the host.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path in PROBES:
            request.get_host = lambda: "probe"  # type: ignore[method-assign]  # this request's alone
        return get_response(request)

    return middleware
