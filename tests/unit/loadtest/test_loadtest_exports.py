"""What benchmarks/ and the command build on. A name that appears or goes is a decision, and shows here."""

from __future__ import annotations

import importlib

import pytest

PUBLIC = {
    "loadtest.chorus": {"ChorusDialect", "Joined"},
    "loadtest.engine": {"FIRST_NUMBER", "Engine", "EngineError", "Message", "Outcome", "build"},
    "loadtest.histogram": {"BUCKETS", "Histogram"},
    "loadtest.report": {"BUSY_SHARE", "as_json", "as_text", "busy_share", "complaints", "deliveries_per_s"},
    "loadtest.run": {"Measured", "Plan", "Progress", "measure"},
    "loadtest.schedule": {"schedule", "senders_per_room"},
    "loadtest.target": {"Target", "parse_target"},
}


@pytest.mark.parametrize("module", PUBLIC)
def test_a_module_exports_what_it_says_and_all_of_it_is_there(module):
    imported = importlib.import_module(module)
    assert set(imported.__all__) == PUBLIC[module]
    assert all(hasattr(imported, name) for name in imported.__all__)
