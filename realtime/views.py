"""The two probes. `/healthz`: the process answers. `/readyz`: it should be given traffic.

A probe of readiness asks the database itself: an idle process meets no error and hears of no recovery.
Knows the engine's health, not its parts.
"""

from __future__ import annotations

import asyncio

import msgspec
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from realtime import health
from realtime.executors import run_read
from realtime.protocol.errors import Unavailable

__all__ = ["healthz", "readyz"]

# A frozen database answers nothing at all; the balancer's own patience is often 2 s.
_PROBE_S = 1.0


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 as long as the process can answer at all. Looks at nothing: a restart mends no database."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
async def readyz(request: HttpRequest) -> JsonResponse:
    """200 or 503, and why: `{ready, phase, database, broker}`. A degraded broker is still 200."""
    await _ask_database()
    report = health.report()
    headers = {} if report.ready else {"Retry-After": "5"}
    return JsonResponse(msgspec.to_builtins(report), status=200 if report.ready else 503, headers=headers)


async def _ask_database() -> None:
    try:
        await asyncio.wait_for(run_read(_select_one), _PROBE_S)
    except (TimeoutError, Unavailable):
        # A query that does not come back never reports itself.
        health.database_failed()


def _select_one() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
