"""A rule of a product's own decides who sees its dashboard, and spoils no other."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from dashboard import register
from dashboard.selectors import visible_sources
from realtime.identity import Identity
from tests.unit.dashboard.sources import StateSource, TalkSource

ADA = Identity(1, "ada", staff=True)


class BrokenSource(TalkSource):
    name = "broken"

    def may_see(self, identity: Identity) -> bool:
        raise KeyError(identity.name)


class EagerSource(StateSource):
    name = "eager"

    async def may_see(self, identity: Identity) -> bool:  # type: ignore[override]
        return False


@pytest.fixture(autouse=True)
def none_registered(monkeypatch):
    monkeypatch.setattr("dashboard.source._sources", {})


def test_a_rule_that_fails_hides_its_dashboard_and_no_other(caplog):
    for source in (BrokenSource, StateSource):
        register(source)
    assert [source.name for source in visible_sources(ADA)] == ["state"]
    assert "'broken' could not say who may see it" in caplog.text


def test_a_rule_that_has_to_be_awaited_is_refused_as_it_would_let_everybody_in():
    with pytest.raises(ImproperlyConfigured, match="may_see is a coroutine"):
        register(EagerSource)


@pytest.mark.parametrize("interval_s", [0.1, float("nan"), float("inf")])
def test_an_interval_that_no_clock_has_is_refused(monkeypatch, interval_s):
    monkeypatch.setattr(StateSource, "interval_s", interval_s)
    with pytest.raises(ImproperlyConfigured, match="interval_s"):
        register(StateSource)
