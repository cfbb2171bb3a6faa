"""What is known of each HTTP request: an id in every line of the log and in the answer, and django-prometheus's counts.

Probes come every few seconds and would be most of what is counted, so they are not. Outermost is `request_ids`, then
`CountBefore`; `CountAfter` is the innermost. Page: docs/how-to/monitor.md.
"""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any

from django_prometheus.middleware import PrometheusAfterMiddleware, PrometheusBeforeMiddleware
from structlog.contextvars import bound_contextvars

from config.middleware import PROBES
from config.users import answering

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase

    GetResponse = Callable[[HttpRequest], HttpResponseBase]

__all__ = ["CountAfter", "CountBefore", "request_ids"]

HEADER = "X-Request-ID"
WELL_FORMED = re.compile(r"[A-Za-z0-9_.:=+/-]{8,128}")


def request_ids(get_response: GetResponse) -> GetResponse:
    """Middleware that gives each request an id: the proxy's if it is well formed, one of ours otherwise."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get(HEADER, "")
        id = given if WELL_FORMED.fullmatch(given) else uuid.uuid4().hex
        token = answering.set(request)
        try:
            with bound_contextvars(request_id=id):
                response = get_response(request)
        finally:
            answering.reset(token)
        response[HEADER] = id
        return response

    return middleware


class CountBefore(PrometheusBeforeMiddleware):  # type: ignore[misc]  # untyped
    """django-prometheus's outer half, without probes."""

    def process_request(self, request: HttpRequest) -> None:
        if request.path not in PROBES:
            super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return response if request.path in PROBES else super().process_response(request, response)


class CountAfter(PrometheusAfterMiddleware):  # type: ignore[misc]  # untyped
    """django-prometheus's inner half, without probes. On an event loop it counts there."""

    def process_request(self, request: HttpRequest) -> None:
        if request.path not in PROBES:
            super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return response if request.path in PROBES else super().process_response(request, response)

    def process_view(self, request: HttpRequest, *view: Any) -> None:
        if request.path not in PROBES:
            super().process_view(request, *view)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        if request.path not in PROBES:
            super().process_exception(request, exception)

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        # MiddlewareMixin's own goes into a thread and back for each half; counting takes less time than one such trip.
        self.process_request(request)
        return self.process_response(request, await self.get_response(request))
