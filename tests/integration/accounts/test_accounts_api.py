"""Tokens over HTTP, and who one is."""

from __future__ import annotations

import base64

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from accounts.models import User

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough pass phrase"


@pytest.fixture(autouse=True)
def _fresh_limits():
    cache.clear()


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada", password=PASSWORD)


@pytest.fixture
def api() -> APIClient:
    return APIClient()


def bearer(token: object) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Bearer {token}"}


def get_token(api: APIClient, username: object = "ada", password: object = PASSWORD, **more: object):
    return api.post("/api/token/", {"username": username, "password": password, **more})


def test_name_and_password_give_two_tokens(api, ada):
    response = get_token(api)
    assert response.status_code == 200
    assert set(response.json()) == {"access", "refresh"}
    me = api.get("/api/me/", **bearer(response.json()["access"]))
    assert me.json() == {"id": ada.pk, "name": "ada", "staff": False}


@pytest.mark.parametrize(("name", "password"), [("ada", "wrong"), ("nobody", PASSWORD)])
def test_a_wrong_name_or_password_is_401(api, ada, name, password):
    response = get_token(api, name, password)
    assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")
    assert "WWW-Authenticate" in response


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "username"),
        ({"username": "ada"}, "password"),
        ({"username": "", "password": "x"}, "username"),
        ({"username": ["ada"], "password": "x"}, "username"),
        ({"username": "nul\x00", "password": "x"}, "username"),
        ({"username": "ada", "password": "x", "remember": True}, "remember"),
        ({"username": "ada", "password": "x" * 2_000}, "password"),
    ],
)
def test_bad_input_is_400_and_names_the_field(api, ada, body, field):
    response = api.post("/api/token/", body)
    assert (response.status_code, response.json()["code"], response.json()["field"]) == (400, "invalid", field)


@pytest.mark.parametrize(
    "raw", ["", "{", "[" * 5_000, "[]", "null", '"text"', '{"username": "\\ud800", "password": "x"}']
)
def test_a_body_that_is_no_object_is_400(api, raw):
    response = api.generic("POST", "/api/token/", raw, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (400, "invalid")


def test_another_content_type_is_415(api):
    response = api.generic("POST", "/api/token/", "username=ada", content_type="application/x-www-form-urlencoded")
    assert (response.status_code, response.json()["code"]) == (415, "invalid")


def test_guessing_is_429_with_retry_after(api, ada):
    for _ in range(10):
        assert get_token(api, password="guess").status_code == 401
    response = get_token(api)
    assert (response.status_code, response.json()["code"]) == (429, "rate_limited")
    assert 0 < int(response["Retry-After"]) <= 300


def test_a_stale_token_in_the_header_does_not_stand_in_the_way(api, ada):
    response = api.post("/api/token/", {"username": "ada", "password": PASSWORD}, **bearer("stale"))
    assert response.status_code == 200


# --- refresh --------------------------------------------------------------------------------------


def test_a_refresh_token_gives_an_access_token(api, ada):
    response = api.post("/api/token/refresh/", {"refresh": str(RefreshToken.for_user(ada))})
    assert set(response.json()) == {"access"}
    assert api.get("/api/me/", **bearer(response.json()["access"])).status_code == 200


def test_an_access_token_does_not_refresh(api, ada):
    response = api.post("/api/token/refresh/", {"refresh": str(AccessToken.for_user(ada))})
    assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize("change", ["password", "activity", "gone"])
def test_a_refresh_token_ends_with_password_and_account(api, ada, change):
    refresh = str(RefreshToken.for_user(ada))
    if change == "password":
        ada.set_password("another pass phrase")
        ada.save()
    elif change == "activity":
        User.objects.update(is_active=False)
    else:
        ada.delete()
    assert api.post("/api/token/refresh/", {"refresh": refresh}).status_code == 401


# --- who one is -----------------------------------------------------------------------------------


def test_anonymous_is_401_and_told_how_to_authenticate(api):
    response = api.get("/api/me/")
    assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_session_cookie_works_too(api, ada):
    api.force_login(ada)
    assert api.get("/api/me/").json()["name"] == "ada"


@pytest.mark.parametrize(
    "token",
    ["", "x", "a.b.c", base64.urlsafe_b64encode(b"[" * 5_000).decode() + ".e30.e30", "\xff\xfe"],
)
def test_an_odd_token_is_401(api, ada, token):
    response = api.get("/api/me/", **bearer(token))
    assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize("change", ["password", "activity", "gone"])
def test_an_access_token_ends_with_password_and_account(api, ada, change):
    token = str(AccessToken.for_user(ada))
    if change == "password":
        ada.set_password("another pass phrase")
        ada.save()
    elif change == "activity":
        User.objects.update(is_active=False)
    else:
        ada.delete()
    response = api.get("/api/me/", **bearer(token))
    assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")


def test_anonymous_requests_are_limited_by_address(api, monkeypatch):
    from realtime.http.throttling import AddressThrottle

    monkeypatch.setattr(AddressThrottle, "rate", "2/min", raising=False)
    statuses = [get_token(api, "nobody", "x").status_code for _ in range(3)]
    assert statuses == [401, 401, 429]


def test_a_method_that_is_not_there_is_405(api, ada):
    api.force_authenticate(ada)
    response = api.put("/api/me/", {})
    assert (response.status_code, response.json()["code"]) == (405, "unknown_op")
