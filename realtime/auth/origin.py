"""Whether a page of some Origin may speak with the user's cookie. Pure: reads settings and headers.

A browser sends the cookie with every WebSocket handshake, whoever's page opens it, and no CORS
rule stops it: this check is all there is against cross-site hijacking. So what is absent, doubled or
odd is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from realtime.auth.cookies import header_values
from realtime.conf import conf

__all__ = ["origin_allowed", "origin_pattern_ok"]

_DEFAULT_PORTS = {"http": "80", "https": "443"}
# What Django itself allows in development when ALLOWED_HOSTS is empty.
_DEBUG_HOSTS = [".localhost", "127.0.0.1", "[::1]"]


class _Origin(NamedTuple):
    scheme: str
    host: str
    port: str


def origin_allowed(scope: Mapping[str, Any]) -> bool:
    """Whether the one Origin header is that of an allowed Host of ours, or one of `ALLOWED_ORIGINS`."""
    sent = header_values(scope, b"origin")
    origin = _parsed(sent[0]) if len(sent) == 1 else None
    if origin is None:
        return False
    return _is_same_origin(origin, scope) or any(_matches(origin, item) for item in conf().ALLOWED_ORIGINS)


def origin_pattern_ok(pattern: str) -> bool:
    """Whether an entry of `ALLOWED_ORIGINS` can be used: `https://host[:port]` or `https://*.host`."""
    parsed = _parsed(pattern.replace("://*.", "://", 1))
    return parsed is not None and "*" not in parsed.host


def _parsed(text: str) -> _Origin | None:
    """An origin as RFC 6454 writes it; `null`, paths, user names and other schemes are none."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or f"{parts.scheme}://{parts.netloc}".lower() != text.lower():
        return None
    # Django's own splitting, so that IPv6 brackets and a trailing dot come out as they do for Host.
    host, port = split_domain_port(parts.netloc)
    return _Origin(parts.scheme, host, port or _DEFAULT_PORTS[parts.scheme]) if host else None


def _is_same_origin(origin: _Origin, scope: Mapping[str, Any]) -> bool:
    hosts = header_values(scope, b"x-forwarded-host") if settings.USE_X_FORWARDED_HOST else []
    hosts = hosts or header_values(scope, b"host")
    if len(hosts) != 1:
        return False
    host, port = split_domain_port(hosts[0])
    if not host or not validate_host(host, _allowed_hosts()):
        return False
    # An https page may come through a proxy that ends TLS and speaks http to us. The reverse, an http page
    # that opens a secure socket, may be a page somebody on the wire has written.
    if origin.scheme == "http" and _is_secure(scope):
        return False
    return (origin.host, origin.port) == (host, port or _DEFAULT_PORTS[origin.scheme])


def _allowed_hosts() -> list[str]:
    return settings.ALLOWED_HOSTS or (_DEBUG_HOSTS if settings.DEBUG else [])


def _is_secure(scope: Mapping[str, Any]) -> bool:
    if settings.SECURE_PROXY_SSL_HEADER:
        meta_name, secure_value = settings.SECURE_PROXY_SSL_HEADER
        name = meta_name.removeprefix("HTTP_").replace("_", "-").lower().encode()
        sent = header_values(scope, name)
        if sent:
            return sent[0].split(",")[0].strip() == secure_value
    return scope.get("scheme") in {"wss", "https"}


def _matches(origin: _Origin, pattern: str) -> bool:
    wanted = _parsed(pattern.replace("://*.", "://", 1))
    if wanted is None or (origin.scheme, origin.port) != (wanted.scheme, wanted.port):
        return False
    if "://*." in pattern:
        return origin.host.endswith("." + wanted.host)
    return origin.host == wanted.host
