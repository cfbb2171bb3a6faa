"""Every failure of the API as `{code, message, field?}`, with the codes of the socket.

    what was raised                       status
    RealtimeError                         by its code, `_STATUS` below
    DRF's and Django's own                their own status, under the nearest code
    a database away or busy               503 unavailable, Retry-After
    anything else                         500 internal, logged

429 and 503 carry Retry-After, 401 carries WWW-Authenticate. Page: docs/reference/protocol.md.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.signals import got_request_exception
from django.db import Error as DatabaseError
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import APIView, set_rollback

from realtime.database import is_away, is_collision
from realtime.protocol import errors
from realtime.protocol.codes import ErrorCode
from realtime.protocol.errors import RealtimeError

__all__ = ["exception_handler", "status_of"]

logger = logging.getLogger(__name__)

_STATUS = {
    ErrorCode.BAD_FRAME: status.HTTP_400_BAD_REQUEST,
    ErrorCode.UNKNOWN_OP: status.HTTP_400_BAD_REQUEST,
    ErrorCode.UNAUTHENTICATED: status.HTTP_401_UNAUTHORIZED,
    ErrorCode.FORBIDDEN: status.HTTP_403_FORBIDDEN,
    ErrorCode.NOT_FOUND: status.HTTP_404_NOT_FOUND,
    ErrorCode.NOT_SUBSCRIBED: status.HTTP_409_CONFLICT,
    ErrorCode.INVALID: status.HTTP_400_BAD_REQUEST,
    ErrorCode.TOO_LARGE: status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
    ErrorCode.RATE_LIMITED: status.HTTP_429_TOO_MANY_REQUESTS,
    ErrorCode.MUTED: status.HTTP_403_FORBIDDEN,
    ErrorCode.SLOW_MODE: status.HTTP_429_TOO_MANY_REQUESTS,
    ErrorCode.ROOM_FULL: status.HTTP_409_CONFLICT,
    ErrorCode.CONFLICT: status.HTTP_409_CONFLICT,
    ErrorCode.UNAVAILABLE: status.HTTP_503_SERVICE_UNAVAILABLE,
    ErrorCode.INTERNAL: status.HTTP_500_INTERNAL_SERVER_ERROR,
}
# DRF's own refusals; what is not listed keeps its status and says `invalid` or `internal`.
_KINDS: dict[int, type[RealtimeError]] = {
    status.HTTP_401_UNAUTHORIZED: errors.Unauthenticated,
    status.HTTP_403_FORBIDDEN: errors.Forbidden,
    status.HTTP_404_NOT_FOUND: errors.NotFound,
    status.HTTP_405_METHOD_NOT_ALLOWED: errors.UnknownOp,
    status.HTTP_413_REQUEST_ENTITY_TOO_LARGE: errors.TooLarge,
    status.HTTP_429_TOO_MANY_REQUESTS: errors.RateLimited,
}
_UNAVAILABLE_RETRY_S = 2.0
# What DRF calls an error that belongs to no field.
_NO_FIELD = "non_field_errors"


def status_of(error: RealtimeError) -> int:
    """The HTTP status of one of the protocol's errors."""
    return _STATUS[error.code]


def exception_handler(exception: Exception, context: Mapping[str, Any]) -> Response:
    """REST_FRAMEWORK's EXCEPTION_HANDLER."""
    error, code = _translated(exception)
    if code == status.HTTP_500_INTERNAL_SERVER_ERROR:
        _report(exception, context)
    set_rollback()
    body = {"code": error.code.value, "message": error.message}
    if error.field is not None:
        body["field"] = error.field
    return Response(body, status=code, headers=_headers(error, exception, context))


def _translated(exception: Exception) -> tuple[RealtimeError, int]:
    if isinstance(exception, RealtimeError):
        return exception, status_of(exception)
    if isinstance(exception, exceptions.APIException):
        return _from_api(exception), exception.status_code
    if isinstance(exception, Http404):
        return errors.NotFound(), status.HTTP_404_NOT_FOUND
    if isinstance(exception, PermissionDenied):
        return errors.Forbidden(), status.HTTP_403_FORBIDDEN
    if isinstance(exception, DatabaseError) and (is_away(exception) or is_collision(exception)):
        return errors.Unavailable(), status.HTTP_503_SERVICE_UNAVAILABLE
    return errors.Internal(), status.HTTP_500_INTERNAL_SERVER_ERROR


def _from_api(exception: exceptions.APIException) -> RealtimeError:
    if isinstance(exception, exceptions.ValidationError):
        field, message = _first(exception.detail)
        return errors.Invalid(message, field=field)
    fallback = errors.Internal if exception.status_code >= status.HTTP_500_INTERNAL_SERVER_ERROR else errors.Invalid
    kind = _KINDS.get(exception.status_code, fallback)
    return kind(_first(exception.detail)[1], retry_after_s=getattr(exception, "wait", None))


def _first(detail: Any, field: str | None = None) -> tuple[str | None, str]:
    """The first complaint and the path of its field: one answer names one thing to mend."""
    if isinstance(detail, Mapping):
        # simplejwt's refusals are a mapping with the sentence under `detail`.
        name, inner = ("detail", detail["detail"]) if "detail" in detail else next(iter(detail.items()))
        if name in {_NO_FIELD, "detail"}:
            return _first(inner, field)
        return _first(inner, str(name) if field is None else f"{field}.{name}")
    if isinstance(detail, list):
        return _first(detail[0], field)
    return field, str(detail)


def _headers(error: RealtimeError, exception: Exception, context: Mapping[str, Any]) -> dict[str, str]:
    headers = {}
    code = _STATUS[error.code]
    retry_after_s = error.retry_after_s
    if retry_after_s is None and code == status.HTTP_503_SERVICE_UNAVAILABLE:
        retry_after_s = _UNAVAILABLE_RETRY_S
    if retry_after_s is not None:
        headers["Retry-After"] = str(max(1, math.ceil(retry_after_s)))
    if code == status.HTTP_401_UNAUTHORIZED:
        headers["WWW-Authenticate"] = getattr(exception, "auth_header", None) or _challenge(context)
    return headers


def _challenge(context: Mapping[str, Any]) -> str:
    view: APIView | None = context.get("view")
    header = view.get_authenticate_header(context["request"]) if view is not None else None
    return header or 'Bearer realm="api"'


def _report(exception: Exception, context: Mapping[str, Any]) -> None:
    request = context.get("request")
    path = getattr(request, "path", "?")
    logger.error("The API failed on %s", path, exc_info=exception)
    # Django sends it for what leaves a view; error trackers and the test client listen to it.
    got_request_exception.send(sender=exception_handler, request=request)
