"""What counts as an access token of ours, and everything that does not."""

from __future__ import annotations

import base64
import json
import time

import jwt
import pytest
from django.conf import settings
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from realtime.auth.tokens import TokenExpired, token_read
from realtime.protocol.errors import Unauthenticated

KEY = settings.SIMPLE_JWT["SIGNING_KEY"]


def payload(**changes) -> dict:
    now = int(time.time())
    claims = {
        "token_type": "access",
        "user_id": "7",
        "hash_password": "HASH",
        "jti": "j",
        "iat": now,
        "exp": now + 60,
        "iss": "chorus",
        "aud": "chorus",
    }
    claims.update(changes)
    return {name: value for name, value in claims.items() if value is not None}


def signed(key: str = KEY, algorithm: str = "HS256", **changes) -> str:
    return jwt.encode(payload(**changes), key, algorithm=algorithm)


def segment(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def with_payload(token: str, claims: dict) -> str:
    head, _, signature = token.split(".")
    return f"{head}.{segment(claims)}.{signature}"


def test_a_valid_token_says_who_and_until_when():
    exp = int(time.time()) + 60
    claims = token_read(signed(exp=exp))
    assert (claims.user_id, claims.expires_at, claims.revoke) == (7, float(exp), "HASH")


def test_a_token_made_by_simplejwt_is_read():
    token = AccessToken()
    token["user_id"] = "12"
    assert token_read(str(token)).user_id == 12


# Made when they are needed: a token made at import has expired by the time a long run comes here.
REFUSED = {
    "empty": lambda: "",
    "no token": lambda: "hello",
    "three dots": lambda: "...",
    "of another key": lambda: signed(key="another key that is as long as it has to be, and then some"),
    "of another algorithm": lambda: signed(algorithm="HS512"),
    "unsigned": lambda: f"{segment({'alg': 'none', 'typ': 'JWT'})}.{segment(payload())}.",
    "unsigned in capitals": lambda: f"{segment({'alg': 'NONE', 'typ': 'JWT'})}.{segment(payload())}.",
    "signature cut off": lambda: signed().rsplit(".", 1)[0] + ".",
    "payload exchanged": lambda: with_payload(signed(), payload(user_id="1")),
    "for another audience": lambda: signed(aud="billing"),
    "for no audience": lambda: signed(aud=None),
    "of another issuer": lambda: signed(iss="elsewhere"),
    "of no issuer": lambda: signed(iss=None),
    "not valid yet": lambda: signed(nbf=int(time.time()) + 60),
    "without an end": lambda: signed(exp=None),
    "without an id": lambda: signed(jti=None),
    "of no type": lambda: signed(token_type=None),
    "of an unknown type": lambda: signed(token_type="sliding"),
    "of no user": lambda: signed(user_id=None),
    "of a user with a word for an id": lambda: signed(user_id="root"),
    "of user zero": lambda: signed(user_id="0"),
    "of a user no column holds": lambda: signed(user_id=str(2**63)),
    "with an end that is no number": lambda: signed(exp="soon"),
    "not ASCII": lambda: "tøken",
    "a lone surrogate": lambda: "\ud800",
    "with a NUL": lambda: "a.b\x00.c",
    "nested deeply": lambda: f"{base64.urlsafe_b64encode(b'[' * 5_000).decode()}.e30.e30",
    "of 100,000 characters": lambda: "a" * 100_000,
}


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED.keys())
def test_a_token_that_is_not_ours_is_refused(make):
    with pytest.raises(Unauthenticated) as refused:
        token_read(make())
    assert refused.value.field == "token"
    assert not isinstance(refused.value, TokenExpired)


def test_a_refresh_token_is_no_access_token():
    token = RefreshToken()
    token["user_id"] = "7"
    with pytest.raises(Unauthenticated):
        token_read(str(token))
    assert token_read(str(token.access_token)).user_id == 7


def test_an_expired_token_is_told_from_a_forged_one():
    with pytest.raises(TokenExpired):
        token_read(signed(exp=int(time.time()) - 1))
    with pytest.raises(Unauthenticated) as forged:
        token_read(signed(key="another key that is as long as it has to be, and then some", exp=1))
    assert not isinstance(forged.value, TokenExpired)
