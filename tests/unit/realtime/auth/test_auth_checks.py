"""Settings that would make authentication unsafe are refused by name."""

from __future__ import annotations

import pytest

from realtime.auth.checks import check_auth


def ids() -> set[str]:
    return {error.id for error in check_auth()}


def test_the_projects_own_settings_are_safe():
    assert ids() == set()


@pytest.mark.parametrize("engine", ["cache", "file", "signed_cookies"])
def test_sessions_without_rows_are_refused(settings, engine):
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
    assert ids() == {"realtime.E101"}


def test_cached_sessions_with_rows_behind_are_fine(settings):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
    assert ids() == set()


def test_an_origin_that_is_none_is_refused(settings):
    settings.REALTIME = {"ALLOWED_ORIGINS": ["https://fine.example", "*"]}
    assert ids() == {"realtime.E102"}


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("ALGORITHM", "none", "realtime.E103"),
        ("ISSUER", None, "realtime.E104"),
        ("AUDIENCE", None, "realtime.E104"),
        ("SIGNING_KEY", "short", "realtime.E105"),
    ],
)
def test_lax_tokens_are_refused(settings, name, value, error):
    settings.SIMPLE_JWT = {**settings.SIMPLE_JWT, name: value}
    assert ids() == {error}
