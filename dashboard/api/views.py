"""Dashboards over HTTP: views check the shape, the process' hub answers."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dashboard.api.shapes import ArrangementBody, DashboardAnswer, DashboardsAnswer, PastAnswer, PastQuery
from dashboard.selectors import arrangement_of, source_for, source_past, source_shown, sources_summary
from dashboard.services import arrangement_save
from realtime.http.schema import answers
from realtime.identity import Identity, identity_of

__all__ = ["ArrangementView", "DashboardView", "DashboardsView", "PastView"]


class DashboardsView(APIView):
    """`GET /api/dashboard/`."""

    @extend_schema(
        operation_id="dashboard_list",
        summary="The dashboards one may see",
        tags=["dashboards"],
        responses=answers({200: DashboardsAnswer}, 401, 429, 503),
    )
    def get(self, request: Request) -> Response:
        return Response({"results": sources_summary(_identity(request))})


class DashboardView(APIView):
    """`GET /api/dashboard/<name>/`: 304 while nothing is new."""

    @extend_schema(
        operation_id="dashboard",
        summary="What a dashboard says now",
        description="The answer carries an ETag; sent back in If-None-Match it is 304 until there is a newer state.",
        tags=["dashboards"],
        responses=answers({200: DashboardAnswer}, 401, 404, 429, 503),
    )
    def get(self, request: Request, name: str) -> HttpResponse:
        shown = source_shown(source_for(name, _identity(request)))
        etag = f'"{shown.version}"'
        if etag in request.headers.get("If-None-Match", ""):
            response = HttpResponse(status=304)
        else:
            response = HttpResponse(bytes(shown.body), content_type="application/json")
        # To be asked about each time, and not by one user for another.
        response.headers["ETag"], response.headers["Cache-Control"] = etag, "private, no-cache"
        return response


class PastView(APIView):
    """`GET /api/dashboard/<name>/history/?minutes=60`."""

    @extend_schema(
        operation_id="dashboard_history",
        summary="The numbers of a dashboard over the last minutes",
        tags=["dashboards"],
        parameters=[PastQuery],
        responses=answers({200: PastAnswer}, 400, 401, 404, 429, 503),
    )
    def get(self, request: Request, name: str) -> HttpResponse:
        source = source_for(name, _identity(request))
        query = PastQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        past = source_past(source, int(query.validated_data["minutes"]))
        return HttpResponse(msgspec.json.encode(past), content_type="application/json")


class ArrangementView(APIView):
    """`GET` and `PUT /api/dashboard/<name>/arrangement/`."""

    @extend_schema(
        operation_id="dashboard_arrangement",
        summary="How one has the panels of a dashboard",
        tags=["dashboards"],
        responses=answers({200: ArrangementBody}, 401, 404, 429, 503),
    )
    def get(self, request: Request, name: str) -> Response:
        source = source_for(name, _identity(request))
        return Response(arrangement_of(_identity(request).id, source.name))

    @extend_schema(
        operation_id="dashboard_arrange",
        summary="Arrange the panels of a dashboard, for oneself",
        tags=["dashboards"],
        request=ArrangementBody,
        responses=answers({200: ArrangementBody}, 400, 401, 404, 429, 503),
    )
    def put(self, request: Request, name: str) -> Response:
        source = source_for(name, _identity(request))
        body = ArrangementBody(data=request.data)
        body.is_valid(raise_exception=True)
        kept = arrangement_save(user_id=_identity(request).id, source=source.name, **body.validated_data)
        return Response(kept)


def _identity(request: Request) -> Identity:
    user: Any = request.user
    return identity_of(user)
