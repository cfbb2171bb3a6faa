"""Settings that would make authentication unsafe stop the process at start, each with a sentence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.core import checks
from django.core.checks import Error, Tags
from rest_framework_simplejwt import settings as jwt_settings

from realtime.auth.origin import origin_pattern_ok
from realtime.auth.sessions import session_store
from realtime.conf import conf

__all__ = ["check_auth", "register"]

# Secret-key algorithms want a long secret, public-key ones a key pair. `none` is not here.
_ALGORITHMS = frozenset({
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA",
})  # fmt: skip
_MIN_SECRET = 32


def register() -> None:
    """Have Django run the checks; called once by the app's `ready()`."""
    checks.register(check_auth, Tags.security)


def check_auth(app_configs: Any = None, **_: Any) -> Iterable[Error]:
    """Every reason not to start."""
    return [*_session_errors(), *_origin_errors(), *_token_errors()]


def _session_errors() -> Iterable[Error]:
    if not issubclass(session_store(), SessionStore):
        yield Error(
            f"SESSION_ENGINE {settings.SESSION_ENGINE} keeps no rows: log-out could not end live connections.",
            hint="Use django.contrib.sessions.backends.db or cached_db.",
            id="realtime.E101",
        )


def _origin_errors() -> Iterable[Error]:
    for origin in conf().ALLOWED_ORIGINS:
        if not origin_pattern_ok(origin):
            yield Error(
                f"ALLOWED_ORIGINS holds {origin!r}, which is not an origin.",
                hint="Write https://host, https://host:port or https://*.host.",
                id="realtime.E102",
            )


def _token_errors() -> Iterable[Error]:
    api_settings = jwt_settings.api_settings
    if api_settings.ALGORITHM not in _ALGORITHMS:
        yield Error(f"SIMPLE_JWT ALGORITHM {api_settings.ALGORITHM!r} is not allowed.", id="realtime.E103")
    for name in ("ISSUER", "AUDIENCE"):
        if not getattr(api_settings, name):
            yield Error(f"SIMPLE_JWT {name} is not set: tokens of other services would be taken.", id="realtime.E104")
    if api_settings.ALGORITHM.startswith("HS") and len(api_settings.SIGNING_KEY) < _MIN_SECRET:
        yield Error(
            f"SIMPLE_JWT SIGNING_KEY has fewer than {_MIN_SECRET} characters; it could be guessed.", id="realtime.E105"
        )
