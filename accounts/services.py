"""What happens to accounts: made, recognised, given tokens. The only module here that writes.

Sync; refusals are the protocol's errors. Sessions are started and ended by Django's own `login` and
`logout`, and what that means for live connections is `realtime.auth`'s business.
"""

from __future__ import annotations

from django.contrib.auth import authenticate
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from rest_framework_simplejwt.tokens import RefreshToken

from accounts.limits import LOGIN_BY_NAME, SIGNUP_BY_ADDRESS, login_by_address
from accounts.models import User
from realtime.auth.sessions import revoke_hash
from realtime.auth.tokens import claims_of, token_verify
from realtime.http.throttling import address_is_exempt, client_address
from realtime.protocol.errors import Invalid, Unauthenticated

__all__ = [
    "account_create",
    "account_recognize",
    "account_set_active",
    "signup_allow",
    "tokens_issue",
    "tokens_refresh",
]


def signup_allow(*, request: HttpRequest) -> None:
    """Count a sign-up from this address. Raises RateLimited."""
    address = client_address(request)
    if not address_is_exempt(address):
        SIGNUP_BY_ADDRESS.take(address)


def account_create(*, username: str, password: str) -> User:
    """Make an account; the password was validated by the caller. Raises Invalid (`username`) if the name is taken."""
    user = User(username=username)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        raise Invalid("A user with that username already exists.", field="username") from error
    return user


def account_set_active(*, user: User, active: bool) -> None:
    """Disable an account, or enable it again. Its log-ins, tokens and live connections end within 3 s."""
    with transaction.atomic():
        user.is_active = active
        user.save(update_fields=["is_active"])


def account_recognize(*, request: HttpRequest, username: str, password: str) -> User | None:
    """The active account with this name and password, or None. Raises RateLimited after too many attempts.

    The attempt is counted before the password is looked at, so that many at once are counted too.
    """
    address = client_address(request)
    if not address_is_exempt(address):
        login_by_address().take(address)
    LOGIN_BY_NAME.take(username)
    user = authenticate(request, username=username, password=password)
    if not isinstance(user, User):
        return None
    LOGIN_BY_NAME.clear(username)
    return user


def tokens_issue(*, user: User) -> dict[str, str]:
    """A new pair: `{access, refresh}`."""
    refresh = RefreshToken.for_user(user)
    return {"access": str(refresh.access_token), "refresh": str(refresh)}


def tokens_refresh(*, refresh: str) -> dict[str, str]:
    """`{access}` for a refresh token. Raises Unauthenticated if it, the account or the password has ended."""
    token = token_verify(refresh, RefreshToken)
    claims = claims_of(token)
    user = User.objects.filter(pk=claims.user_id, is_active=True).first()
    if user is None or not constant_time_compare(claims.revoke, revoke_hash(user)):
        raise Unauthenticated("The token is not valid any more.", field="refresh")
    return {"access": str(token.access_token)}
