"""How often one may try."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from accounts.limits import AttemptLimit, login_by_address
from realtime.protocol.errors import RateLimited

LIMIT = AttemptLimit("test", 3, 60)


@pytest.fixture(autouse=True)
def _fresh():
    cache.clear()


def test_three_attempts_pass_and_the_fourth_waits_for_the_window():
    for _ in range(3):
        LIMIT.take("ada")
    with pytest.raises(RateLimited) as refused:
        LIMIT.take("ada")
    assert 0 < refused.value.retry_after_s <= 60


def test_each_name_has_its_own_count_whatever_its_case():
    for name in ("ada", "Ada", "ADA"):
        LIMIT.take(name)
    LIMIT.take("ben")
    with pytest.raises(RateLimited):
        LIMIT.take("ada")


def test_a_right_attempt_clears_the_count():
    for _ in range(3):
        LIMIT.take("ada")
    LIMIT.clear("ada")
    LIMIT.take("ada")


def test_attempts_are_forgotten_when_the_window_is_over(monkeypatch):
    for _ in range(3):
        LIMIT.take("ada")
    from django.core.cache.backends import locmem

    now = locmem.time.time()
    monkeypatch.setattr(locmem.time, "time", lambda: now + 61)
    LIMIT.take("ada")


def test_any_text_can_be_a_name():
    LIMIT.take("spaces and \x00 and 💬" * 100)


def test_the_limit_by_address_is_the_settings_rate():
    assert (login_by_address().limit, login_by_address().window_s) == (30, 60)
