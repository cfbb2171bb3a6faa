"""Stored sessions and accounts, looked up by lists: what connections stand on, and whether it still holds.

Everything here is sync, runs in a reader thread, and takes lists so that a hundred sockets that arrive
together, or are checked together, cost a few queries. A session is valid as Django says: its row is
there and unexpired, its user exists and is active, and its hash fits the password.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from importlib import import_module
from itertools import islice
from math import inf
from typing import TYPE_CHECKING, Any

import msgspec
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from realtime.auth.access import access_version, with_access_version
from realtime.identity import Identity, identity_of
from realtime.protocol.codes import CloseCode

if TYPE_CHECKING:
    from django.contrib.sessions.backends.db import SessionStore
    from django.contrib.sessions.base_session import AbstractBaseSession

__all__ = [
    "ANONYMOUS",
    "Account",
    "AuthResult",
    "SessionRef",
    "Verdict",
    "accounts_load",
    "revoke_hash",
    "session_store",
    "sessions_load",
    "sessions_verify",
]

_SLICE = 200


class SessionRef(msgspec.Struct, frozen=True, gc=False):
    """What a connection stands on: a session, or a token (`key` is None).

    hash: the session's auth hash, or the token's claim about the password ("" without one).
    expires_at: wall-clock seconds; for a token its `exp`.
    version: the access version read before the rest was, so that nothing falls between.
    staff: what the connection's identity says; it holds for as long as the connection does.
    """

    user_id: int
    key: str | None
    hash: str
    expires_at: float
    version: int
    staff: bool = False


class AuthResult(msgspec.Struct, frozen=True):
    """Who connected and on what; both are None for a connection that has to send `auth`."""

    identity: Identity | None = None
    session: SessionRef | None = None


ANONYMOUS = AuthResult()


class Account(msgspec.Struct, frozen=True):
    """A user as far as letting them in goes. revoke: what a token must claim about the password."""

    identity: Identity
    active: bool
    revoke: str
    version: int


class Verdict(msgspec.Struct, frozen=True):
    """Whether a `SessionRef` still holds: `ended` is the close code if not; `expires_at` as it is now.

    A token's own end is not judged here (`inf`): it is known beforehand, and closes with another code.
    """

    ended: CloseCode | None
    expires_at: float


def session_store() -> type[SessionStore]:
    """The configured session engine's store; a system check sees to it that it keeps rows."""
    store: type[SessionStore] = import_module(settings.SESSION_ENGINE).SessionStore
    return store


def sessions_load(keys: Sequence[str]) -> dict[str, tuple[AuthResult, bool]]:
    """Log in by session: key → (who and on what, whether the account is active). At most 400 keys.

    A key is absent from the answer where Django would call the request anonymous.
    """
    version = access_version()
    rows = list(_live_sessions(keys))
    stored = [(row, data) for row in rows if (data := row.get_decoded()).get(SESSION_KEY) is not None]
    users = _users([user_id for _, data in stored if (user_id := _user_id(data)) is not None])
    found: dict[str, tuple[AuthResult, bool]] = {}
    for row, data in stored:
        user = users.get(_user_id(data))
        if user is None or not _session_fits(data, user):
            continue
        identity, expires_at = identity_of(user), row.expire_date.timestamp()
        ref = SessionRef(user.pk, row.session_key, data[HASH_SESSION_KEY], expires_at, version, identity.staff)
        found[row.session_key] = AuthResult(identity, ref), user.is_active
    return found


def accounts_load(user_ids: Sequence[int]) -> dict[int, Account]:
    """Accounts by user id, for tokens, in one query. At most 400."""
    users: Any = with_access_version(get_user_model()._default_manager.filter(pk__in=set(user_ids)))
    return {
        user.pk: Account(identity_of(user), user.is_active, revoke_hash(user), user.access_version) for user in users
    }


def sessions_verify(refs: Collection[SessionRef]) -> dict[SessionRef, Verdict]:
    """Whether each still holds: two queries for every 200 users and every 200 sessions."""
    verdicts: dict[SessionRef, Verdict] = {}
    for some in _slices(refs):
        users = _users({ref.user_id for ref in some})
        rows = _live_sessions([ref.key for ref in some if ref.key is not None])
        expiry = {row.session_key: row.expire_date.timestamp() for row in rows}
        for ref in some:
            verdicts[ref] = _verdict(ref, users.get(ref.user_id), expiry)
    return verdicts


def revoke_hash(user: AbstractBaseUser) -> str:
    """What an access token claims about its user's password, "" where tokens make no such claim."""
    from rest_framework_simplejwt.settings import api_settings
    from rest_framework_simplejwt.utils import get_md5_hash_password

    return str(get_md5_hash_password(user.password)) if api_settings.CHECK_REVOKE_TOKEN else ""


def _verdict(ref: SessionRef, user: AbstractBaseUser | None, expiry: dict[str, float]) -> Verdict:
    expires_at = inf if ref.key is None else expiry.get(ref.key, 0.0)
    if user is not None and not user.is_active:
        return Verdict(CloseCode.BANNED, expires_at)
    if user is None or not _hash_fits(ref, user):
        return Verdict(CloseCode.AUTH_FAILED, expires_at)
    if expires_at <= time.time():
        return Verdict(CloseCode.AUTH_FAILED if ref.key else CloseCode.TOKEN_EXPIRED, expires_at)
    if identity_of(user).staff is not ref.staff:
        return Verdict(CloseCode.TRY_LATER, expires_at)  # who they are now, they say when they come back
    return Verdict(None, expires_at)


def _hash_fits(ref: SessionRef, user: AbstractBaseUser) -> bool:
    if ref.key is None:
        return constant_time_compare(ref.hash, revoke_hash(user))
    return _is_session_hash(ref.hash, user)


def _session_fits(data: dict[str, Any], user: AbstractBaseUser) -> bool:
    """Whether Django's own `get_user` would take this session."""
    return data.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS and _is_session_hash(
        data.get(HASH_SESSION_KEY), user
    )


def _is_session_hash(value: object, user: AbstractBaseUser) -> bool:
    if not isinstance(value, str):
        return False
    # The fallbacks are there while SECRET_KEY is being changed (SECRET_KEY_FALLBACKS).
    hashes = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(value, current) for current in hashes)


def _live_sessions(keys: Collection[str]) -> Iterator[AbstractBaseSession]:
    # A cookie may hold anything; PostgreSQL refuses NUL and no stored key is longer than its column.
    fit = [key for key in keys if len(key) <= 40 and key.isascii() and key.isalnum()]
    if not fit:
        return iter(())
    model = session_store().get_model_class()
    return model._default_manager.filter(session_key__in=fit, expire_date__gt=timezone.now()).iterator()


def _users(ids: Collection[Any]) -> dict[Any, Any]:
    return get_user_model()._default_manager.in_bulk(set(ids)) if ids else {}


def _user_id(data: dict[str, Any]) -> Any:
    try:
        return get_user_model()._meta.pk.to_python(data[SESSION_KEY])
    except ValidationError:
        return None


def _slices(refs: Collection[SessionRef]) -> Iterator[list[SessionRef]]:
    # By user, so that a user's many sockets are looked up once.
    rest = iter(sorted(refs, key=lambda ref: ref.user_id))
    while some := list(islice(rest, _SLICE)):
        yield some
