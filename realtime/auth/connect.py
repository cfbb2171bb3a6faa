"""The two ways into a connection: the session cookie it came with, and the token it sends.

Called by the connection consumer; async, and batched over everything that connects at once. Decides who
it is; deadlines, limits and what to close belong to the caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.crypto import constant_time_compare

from realtime.auth.cookies import session_cookie
from realtime.auth.origin import origin_allowed
from realtime.auth.sessions import ANONYMOUS, AuthResult, SessionRef, accounts_load, sessions_load
from realtime.auth.tokens import token_read
from realtime.batching import CROWD_PACE_S, CROWD_SIZE, Batcher
from realtime.protocol.codes import CloseCode
from realtime.protocol.errors import ConnectionRefused, Unauthenticated

__all__ = ["authenticate_scope", "authenticate_token"]

_sessions = Batcher(sessions_load, max_size=CROWD_SIZE, crowd_pace_s=CROWD_PACE_S)
_accounts = Batcher(accounts_load, max_size=CROWD_SIZE, crowd_pace_s=CROWD_PACE_S)


async def authenticate_scope(scope: Mapping[str, Any]) -> AuthResult:
    """Who opened this connection, by its session cookie. Without a valid session: nobody (yet).

    Raises `ConnectionRefused` 4509 for a session cookie with a foreign or missing Origin, before anything
    is looked up, and 4503 for a disabled account; `Unavailable` while the database is away.
    """
    key = session_cookie(scope)
    if key is None:
        return ANONYMOUS
    if not origin_allowed(scope):
        raise ConnectionRefused(CloseCode.ORIGIN_REFUSED, "This origin may not connect with a session.")
    found = await _sessions.get(key)
    if found is None:
        return ANONYMOUS
    result, active = found
    if not active:
        raise _disabled()
    return result


async def authenticate_token(token: str) -> AuthResult:
    """Who holds this access token; `session.expires_at` is when it ends.

    Raises `Unauthenticated` for a token that is forged, expired, not an access token of ours, of a user
    who is gone, or older than the password; `ConnectionRefused` 4503 for a disabled account.
    """
    claims = token_read(token)
    account = await _accounts.get(claims.user_id)
    if account is None:
        raise Unauthenticated("The token's user does not exist.", field="token")
    if not account.active:
        raise _disabled()
    if not constant_time_compare(claims.revoke, account.revoke):
        raise Unauthenticated("The password was changed after this token was made.", field="token")
    ref = SessionRef(claims.user_id, None, claims.revoke, claims.expires_at, account.version, account.identity.staff)
    return AuthResult(account.identity, ref)


def _disabled() -> ConnectionRefused:
    return ConnectionRefused(CloseCode.BANNED, "This account is disabled.")
