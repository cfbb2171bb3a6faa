"""Tokens: read and verified by simplejwt, here made safe against what anybody may send.

The signature, the algorithm (one is allowed), issuer, audience, `exp`, `nbf` and the token's type are
checked; the settings are held to that by `realtime.auth.checks`. Looks nothing up: whether the user still
exists is asked by `realtime.auth.connect`.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken, Token

from realtime.protocol.errors import Unauthenticated

__all__ = ["TokenClaims", "TokenExpired", "claims_of", "token_read", "token_verify"]

T = TypeVar("T", bound=Token)

# As long as a header may be on most servers; a longer one is no token of ours.
_MAX_CHARS = 8_192
_MAX_ID = 2**63 - 1


class TokenExpired(Unauthenticated):
    """A token that was ours and has run out: renew it and come back."""


class TokenClaims(msgspec.Struct, frozen=True):
    """What a valid access token says. revoke: its claim about the password, "" without one."""

    user_id: int
    expires_at: float
    revoke: str


def token_read(raw: str) -> TokenClaims:
    """Verify an access token and return its claims. Raises `Unauthenticated` for anything else."""
    return claims_of(token_verify(raw, AccessToken))


def claims_of(token: Token) -> TokenClaims:
    """What a verified token says."""
    return TokenClaims(
        user_id=_user_id(token.get(api_settings.USER_ID_CLAIM)),
        expires_at=float(token["exp"]),
        revoke=str(token.get(api_settings.REVOKE_TOKEN_CLAIM, "")) if api_settings.CHECK_REVOKE_TOKEN else "",
    )


def token_verify(raw: str, kind: type[T]) -> T:
    """The token, if it is of that kind and valid. Raises `Unauthenticated` for whatever else was sent."""
    if len(raw) > _MAX_CHARS or not raw.isascii():
        raise Unauthenticated("The token is not valid.", field="token")
    try:
        return kind(raw)  # type: ignore[arg-type]  # annotated Token upstream, used with strings
    except ExpiredTokenError as error:
        raise TokenExpired("The token has expired.", field="token") from error
    # The header is JSON that is read before the signature: deep nesting there raises RecursionError.
    except (TokenError, RecursionError) as error:
        raise Unauthenticated("The token is not valid.", field="token") from error


def _user_id(claim: Any) -> int:
    try:
        user_id = int(claim)
    except (TypeError, ValueError) as error:
        raise Unauthenticated("The token names no user.", field="token") from error
    if not 0 < user_id <= _MAX_ID:
        raise Unauthenticated("The token names no user.", field="token")
    return user_id
