"""What every answer tells the browser about security, and where the admin differs."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.django_db

INLINE = re.compile(
    r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\s(?:src|type=.application/json|nonce)=?)", re.IGNORECASE
)


def policy(response) -> dict[str, str]:
    directives = response.headers["Content-Security-Policy"].split("; ")
    return dict(directive.split(" ", 1) for directive in directives)


@pytest.mark.parametrize("path", ["/login/", "/signup/", "/api/docs/", "/no-such-page/"])
def test_a_page_may_run_nothing_but_our_own_files(client, path):
    response = client.get(path)
    directives = policy(response)
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == "'self'"
    assert directives["style-src"] == "'self'"
    assert directives["connect-src"] == "'self'"
    assert directives["frame-ancestors"] == "'none'"
    assert not INLINE.search(response.text)


def test_the_admin_alone_may_use_inline_styles(client):
    directives = policy(client.get("/admin/login/"))
    assert "'unsafe-inline'" in directives["style-src"]
    assert directives["default-src"] == "'none'"


def test_a_page_is_not_framed_sniffed_or_told_to_others(client):
    headers = client.get("/login/").headers
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_plain_http_is_sent_to_https_but_for_probes(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/login/").status_code == 301
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_may_ask_by_any_address_and_nobody_else_may(client, path):
    assert client.get(path, headers={"host": "10.0.0.9:8000"}).status_code in {200, 503}
    assert client.get("/login/", headers={"host": "10.0.0.9:8000"}).status_code == 400


def test_anonymous_requests_to_the_api_get_401_and_a_challenge(client):
    response = client.get("/api/me/")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_the_schema_of_the_api_is_whole(client):
    response = client.get("/api/schema/", headers={"accept": "application/json"})
    assert response.status_code == 200
    assert "/api/token/" in response.json()["paths"]
