"""docs/reference/dashboards.md against the dashboards there are."""

from __future__ import annotations

import re
from typing import Any

import pytest

from dashboard.source import Source, all_sources, find_source, register
from realtime.identity import Identity
from tests.support.chorus import ROOT
from tests.support.pages import block

PAGE = "docs/reference/dashboards.md"
ROW = re.compile(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
LISTED = {name: (every, who) for name, every, who in ROW.findall((ROOT / PAGE).read_text())}
ADA = Identity(id=1, name="ada")


def ours() -> list[Source[Any]]:
    return [source for source in all_sources() if type(source).__module__.startswith(("dashboard.", "shop."))]


def test_every_dashboard_that_comes_along_is_listed():
    assert {source.name for source in ours()} == set(LISTED)


@pytest.mark.parametrize("source", ours(), ids=lambda source: source.name)
def test_how_often_and_for_whom_is_so(source):
    every, who = LISTED[source.name]
    assert every == ("when one changes" if source.interval_s is None else f"{source.interval_s:g} s")
    assert who == ("everybody who is logged in" if source.may_see(ADA) else "staff")


def test_one_that_is_not_wanted_is_taken_away_as_the_page_says():
    source = find_source("rooms")
    assert source is not None
    try:
        exec(compile(block(PAGE, "dashboards.py").text, PAGE, "exec"), {})  # noqa: S102 - a block of our own page
        assert find_source("rooms") is None
    finally:
        register(type(source))
