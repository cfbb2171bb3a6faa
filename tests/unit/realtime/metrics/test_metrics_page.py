"""The page of metrics against the registry and the settings."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from prometheus_client import REGISTRY

from config.requests import CountAfter
from dashboard.document import Document
from dashboard.exporting import export
from dashboard.source import all_sources
from realtime.metrics.registry import registry
from realtime.protocol.limits import LimitName
from tests.support.chorus import ROOT

PAGE = (ROOT / "docs/reference/metrics.md").read_text()
METRIC = re.compile(r"^\| `(chorus_\w+)` \| (\w+) \|(?: `(\w+(?:`, `\w+)*)`)? \| (.+) \|$", re.MULTILINE)
ROW = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)


def section(heading: str) -> str:
    return PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]


@pytest.fixture(autouse=True)
def a_dashboard_that_was_computed() -> None:
    """Names of dashboards are a product's own, so these metrics begin with the first state."""
    for source in all_sources():
        export(source, Document(1, 1_000, {}))


def test_the_page_lists_every_metric_with_its_type_labels_and_meaning_and_no_other():
    listed = {name: (kind, label, meaning) for name, kind, label, meaning in METRIC.findall(PAGE)}
    counted = {}
    for family in registry.collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        counted[name] = (family.type, "`, `".join(sorted(labels)), family.documentation)
    assert listed == counted


@pytest.mark.parametrize(
    "metric",
    [name for name, _, label, _ in METRIC.findall(PAGE) if label in {"reason", "limit", "result"}],
)
def test_the_page_lists_every_value_of_a_label_that_the_protocol_does_not_list(metric):
    label = next(its_label for name, _, its_label, _ in METRIC.findall(PAGE) if name == metric)
    counted = {
        sample.labels[label] for family in registry.collect() for sample in family.samples if sample.name == metric
    }
    assert set(ROW.findall(section(f"`{label}` of `{metric}`"))) == counted


def test_every_limit_is_set_by_settings_that_there_are():
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", section("`limit` of `chorus_limits_hit_total`"), re.MULTILINE)
    assert {name for name, _ in rows} == set(LimitName)
    for name, variables in rows:
        named = re.findall(r"`(\w+)`", variables)
        assert named, name
        assert set(named) <= settings.ENVIRONMENT.names


def test_the_page_lists_what_django_prometheus_counts_of_requests():
    CountAfter(lambda request: request)  # its metrics are made with the first middleware
    listed = set(re.findall(r"^\| `(django_\w+)` \|", PAGE, re.MULTILINE))
    families = [family for family in REGISTRY.collect() if family.name.startswith("django_http")]
    assert listed == {f"{one.name}_total" if one.type == "counter" else one.name for one in families}
