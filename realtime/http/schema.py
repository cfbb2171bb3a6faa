"""What the OpenAPI document says of the ways in and of refusals. Views that describe their answers import
it, and that registers it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from drf_spectacular.utils import OpenApiResponse

from realtime.http.serializers import ErrorSerializer

__all__ = ["TokenScheme", "answers"]

_REFUSALS = {
    400: "A value is wrong; `field` names it.",
    401: "No token, or not a valid one.",
    403: "Known, and not allowed.",
    404: "Absent, or not for this user to know.",
    409: "In conflict with what is there: a key used for something else, a full room.",
    429: "Too often; `Retry-After` says when to come again.",
    503: "A part of the service is away; with the same key the request can be repeated.",
}


class TokenScheme(SimpleJWTScheme):  # type: ignore[no-untyped-call]  # drf-spectacular's plugins are untyped
    """The bearer token, under the name clients see in the document."""

    target_class = "realtime.http.authentication.TokenAuthentication"
    name = "token"


def answers(success: Mapping[int, Any], *refusals: int) -> dict[int, Any]:
    """The `responses` of an operation: what it answers, and which refusals besides."""
    described = {code: OpenApiResponse(ErrorSerializer, description=_REFUSALS[code]) for code in refusals}
    return {**success, **described}
