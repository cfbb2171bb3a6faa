"""`GET /metrics`: for machines by token or address, for people who are staff by their session.

Knows who may read (access.py) and where the text comes from (registry.py), and no metric.
"""

from __future__ import annotations

import asyncio

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from rest_framework.settings import api_settings

from realtime.conf import conf
from realtime.metrics.access import address_allowed, asking_address, token_allowed
from realtime.metrics.registry import exposition

__all__ = ["metrics"]


@require_safe
@never_cache
async def metrics(request: HttpRequest) -> HttpResponse:
    """200 with every metric, or 403."""
    # The session last: machines are to be answered while the database is away.
    if not _is_known_machine(request) and not await _is_staff(request):
        return HttpResponseForbidden("Not for you.\n", content_type="text/plain")
    body, content_type = await asyncio.to_thread(exposition, request.headers.get("Accept", ""))
    return HttpResponse(body, content_type=content_type)


def _is_known_machine(request: HttpRequest) -> bool:
    chosen = conf()
    if token_allowed(request.headers.get("Authorization", ""), chosen.METRICS_TOKEN):
        return True
    address = asking_address(request.META, api_settings.NUM_PROXIES or 0)
    return address_allowed(address, chosen.METRICS_ALLOWED)


async def _is_staff(request: HttpRequest) -> bool:
    user = await request.auser()
    return user.is_active and user.is_staff
