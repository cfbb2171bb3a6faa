"""`Authorization: Bearer <access token>` for the API, by simplejwt and safe against odd headers."""

from __future__ import annotations

from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken
from rest_framework_simplejwt.tokens import Token

__all__ = ["TokenAuthentication"]


class TokenAuthentication(JWTAuthentication):
    """simplejwt's, which looks the user up each time: a disabled account or changed password ends it at once."""

    def get_validated_token(self, raw_token: bytes) -> Token:
        try:
            return super().get_validated_token(raw_token)
        except (RecursionError, ValueError) as error:
            # The token's header is JSON that is read before the signature; it may hold anything.
            raise InvalidToken from error
