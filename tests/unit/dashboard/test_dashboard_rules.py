"""The rule file says what the limits say, in words that Prometheus reads."""

from __future__ import annotations

from typing import Annotated

import msgspec
import promql_parser
import pytest
import yaml
from django.core.management import call_command

from dashboard import Source, above, number
from dashboard.rules import rules_for
from dashboard.source import all_sources
from tests.unit.dashboard.sources import StateSource, TalkSource


class Many(msgspec.Struct):
    big: Annotated[float, number("Big {{", unit="B", limits=[above(1_234_567)])] = 0.0


class ManySource(Source[Many]):
    name = "many"
    title = "Many {{x}}"
    interval_s = 1.0
    always = False


RULES = rules_for([StateSource(), TalkSource()])["groups"]


def test_each_limit_is_a_rule_and_a_source_that_stops_is_one_more():
    (first, second) = RULES
    assert [(rule["alert"], rule["for"]) for rule in first["rules"]] == [
        ("ChorusStateXAboveWarning", "2s"),
        ("ChorusStateXAboveCritical", "0s"),
        ("ChorusStateYBelowWarning", "0s"),
        ("ChorusStateLate", "0s"),
    ]
    # Told, and not computed: it may be silent for as long as it likes.
    assert all("Late" not in rule["alert"] for rule in second["rules"])
    assert first["rules"][0]["expr"] == 'max by (source, field) (chorus_dashboard_value{source="state",field="x"}) > 10'
    assert first["rules"][2]["expr"] == 'min by (source, field) (chorus_dashboard_value{source="state",field="y"}) < 1'


@pytest.mark.parametrize("rule", [rule for group in RULES for rule in group["rules"]], ids=lambda rule: rule["alert"])
def test_prometheus_can_read_it(rule):
    promql_parser.parse(rule["expr"])
    assert rule["labels"]["severity"] in {"warning", "critical"}


def test_the_command_writes_the_file_of_every_source_there_is(capsys):
    call_command("alert_rules")
    written = yaml.safe_load(capsys.readouterr().out)
    assert written == rules_for(all_sources())


def test_a_limit_is_written_with_all_its_digits():
    (rule, *_) = rules_for([ManySource()])["groups"][0]["rules"]
    assert rule["expr"].endswith("> 1234567")
    assert rule["annotations"]["description"] == 'Many {{ "{{" }}x}}: above 1234567 B'


def test_braces_in_a_label_are_not_taken_for_a_templates():
    (rule, *_) = rules_for([ManySource()])["groups"][0]["rules"]
    assert rule["annotations"]["summary"] == 'Big {{ "{{" }} is {{ $value }} B'


def test_what_is_computed_for_readers_alone_is_never_late():
    names = [rule["alert"] for rule in rules_for([ManySource()])["groups"][0]["rules"]]
    assert names == ["ChorusManyBigAboveWarning"]
