"""What others may import. A name that appears or goes is a decision, and shows here."""

from __future__ import annotations

import importlib

import pytest

PUBLIC = {
    "realtime.auth": {
        "AuthResult",
        "SessionRef",
        "SessionWatch",
        "access_changed",
        "authenticate_scope",
        "authenticate_token",
        "origin_allowed",
    },
    "realtime.http": {"ErrorSerializer", "KeyField", "StrictSerializer", "StringField"},
    "realtime.identity": {"Identity", "identity_of"},
    "accounts.services": {
        "account_create",
        "account_recognize",
        "account_set_active",
        "signup_allow",
        "tokens_issue",
        "tokens_refresh",
    },
}


@pytest.mark.parametrize("module", PUBLIC)
def test_a_module_exports_what_it_says_and_all_of_it_is_there(module):
    imported = importlib.import_module(module)
    assert set(imported.__all__) == PUBLIC[module]
    assert all(hasattr(imported, name) for name in imported.__all__)
