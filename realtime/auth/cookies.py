"""The session key a connection brought in its Cookie header. Pure: looks nothing up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import parse_cookie

__all__ = ["header_values", "session_cookie"]


def session_cookie(scope: Mapping[str, Any]) -> str | None:
    """The session cookie's value as it was sent, or None without one. It may be anything at all.

    Other cookies carry no authority here, so they do not make a "cookie connection".
    """
    # HTTP/2 may split one Cookie header into several (RFC 9113, 8.2.3).
    cookies = parse_cookie("; ".join(header_values(scope, b"cookie")))
    return cookies.get(settings.SESSION_COOKIE_NAME) or None


def header_values(scope: Mapping[str, Any], name: bytes) -> list[str]:
    """Every value of a header, in order. name: lower-case, as ASGI has it."""
    return [value.decode("latin-1") for header, value in scope.get("headers", ()) if header == name]
