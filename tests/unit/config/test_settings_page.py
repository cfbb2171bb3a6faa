"""The page of settings against the code."""

from __future__ import annotations

import re

from django.conf import settings

from realtime.conf import EngineConf
from tests.support.chorus import ROOT

PAGE = (ROOT / "docs/reference/settings.md").read_text()
ROW = re.compile(r"^\| `([A-Z_]+)` \| (?:`([^`]*)`|none) \|", re.MULTILINE)
# Read by scripts and tests, not by the settings.
ELSEWHERE = {"CHROMIUM", "PYTHON"}


def test_the_page_lists_every_variable_and_no_other():
    listed = set(re.findall(r"^\| `([A-Z_]+)` \|", PAGE, re.MULTILINE))
    assert listed - ELSEWHERE == settings.ENVIRONMENT.names


def test_the_pages_defaults_of_the_engine_and_of_the_features_are_those_of_the_code():
    page = {name.removeprefix("CHORUS_"): default for name, default in ROW.findall(PAGE)}
    presence = {name: value for name, value in settings.PRESENCE.items() if name.startswith("PRESENCE_")}
    # Off in the test run.
    engine = {**settings.REALTIME, "SAMPLES": EngineConf().SAMPLES}
    code = {**engine, **settings.CHAT, **presence}
    numbers = {name: value for name, value in code.items() if isinstance(value, int | float)}
    assert len(numbers) > 20
    assert {name: float(page[name]) for name in numbers} == {name: float(value) for name, value in numbers.items()}
