"""What Prometheus and Grafana are given: it parses, and asks for metrics and labels that there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client import REGISTRY, Metric

from config.requests import CountAfter
from realtime.metrics.registry import registry
from tests.support.chorus import ROOT

DOCKER = ROOT / "docker"
ALERTS = yaml.safe_load((DOCKER / "prometheus/alerts.yml").read_text())
GRAFANA = json.loads((DOCKER / "grafana/chorus.json").read_text())
GUIDE = (ROOT / "docs/how-to/monitor.md").read_text()
RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]
PANELS = [panel for panel in GRAFANA["panels"] if panel["type"] != "row"]
# What Prometheus itself adds.
ITS_OWN = {"up": set()}
TARGET_LABELS = {"job", "instance"}
VARIABLES = {"$__rate_interval": "5m", "$job": "chorus", "$instance": "here"}


def known() -> dict[str, set[str]]:
    """The series there are, with their labels."""
    CountAfter(lambda request: request)  # its metrics are made with the first middleware
    found: dict[str, set[str]] = dict(ITS_OWN)
    for family in [*registry.collect(), *REGISTRY.collect()]:
        for name in names(family):
            found[name] = {label for sample in family.samples for label in sample.labels} | labels_of(family)
    return found


def names(family: Metric) -> list[str]:
    if family.type == "counter":
        return [f"{family.name}_total"]
    return (
        [f"{family.name}_{part}" for part in ("bucket", "sum", "count")]
        if family.type == "histogram"
        else [family.name]
    )


def labels_of(family: Metric) -> set[str]:
    """Of a library's metric that has not counted anything yet."""
    collector = REGISTRY._names_to_collectors.get(family.name)
    return {*getattr(collector, "_labelnames", ()), *(["le"] if family.type == "histogram" else [])}


KNOWN = known()


def selectors(expression: Any) -> Iterator[Any]:
    """Every vector that an expression selects."""
    if isinstance(expression, promql_parser.VectorSelector):
        yield expression
    for part in ("expr", "lhs", "rhs", "vector_selector", "param"):
        if (inner := getattr(expression, part, None)) is not None:
            yield from selectors(inner)
    for inner in getattr(expression, "args", ()):
        yield from selectors(inner)


def expressions() -> Iterator[tuple[str, str]]:
    for rule in RULES:
        yield rule["alert"], rule["expr"]
    for panel in PANELS:
        for target in panel["targets"]:
            yield f"{panel['title']} {target['refId']}", target["expr"]
    for annotation in GRAFANA["annotations"]["list"]:
        yield annotation["name"], annotation["expr"]


def filled(expression: str) -> str:
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    return expression


@pytest.mark.parametrize(("where", "expression"), list(expressions()), ids=[where for where, _ in expressions()])
def test_every_expression_parses_and_asks_for_what_there_is(where, expression):
    selected = list(selectors(promql_parser.parse(filled(expression))))
    assert selected
    for selector in selected:
        assert selector.name in KNOWN, f"there is no {selector.name}"
        asked = {matcher.name for matcher in selector.matchers.matchers}
        assert asked <= KNOWN[selector.name] | TARGET_LABELS, selector.name


def test_a_metric_there_is_not_would_be_found():
    (selector,) = selectors(promql_parser.parse('sum(rate(chorus_deliverys_total{job="a"}[5m])) > 1'))
    assert selector.name not in KNOWN


def test_the_dashboard_shows_every_metric_of_ours():
    shown = {one.name for _, text in expressions() for one in selectors(promql_parser.parse(filled(text)))}
    stems = {re.sub(r"_(bucket|sum|count)$", "", name) for name in shown}
    ours = {f"{one.name}_total" if one.type == "counter" else one.name for one in registry.collect()}
    assert ours <= stems | {"chorus_workers"} | shown


def test_an_alert_says_how_bad_it_is_and_what_is_so():
    assert len({rule["alert"] for rule in RULES}) == len(RULES) > 15
    for rule in RULES:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert rule["annotations"]["summary"].endswith(".")
        if "for" in rule:
            assert promql_parser.parse_duration(rule["for"])


def test_the_guide_tells_what_to_do_about_every_alert_and_no_other():
    told = re.findall(r"^\| `(Chorus\w+)` \|", GUIDE, re.MULTILINE)
    assert sorted(told) == sorted(rule["alert"] for rule in RULES)


def test_prometheus_is_told_where_to_look():
    configuration = yaml.safe_load((DOCKER / "prometheus/prometheus.yml").read_text())
    assert "alerts.yml" in configuration["rule_files"]
    (job,) = configuration["scrape_configs"]
    assert (job["job_name"], job["metrics_path"]) == ("chorus", "/metrics")


def test_the_dashboard_takes_any_data_source_and_no_panel_lies_on_another():
    for panel in PANELS:
        assert panel["datasource"]["uid"] == "${datasource}"
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}
    cells = [
        (x, y)
        for panel in GRAFANA["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    assert len({panel["id"] for panel in GRAFANA["panels"]}) == len(GRAFANA["panels"])


def test_grafana_is_given_both():
    (source,) = yaml.safe_load((DOCKER / "grafana/provisioning/datasources/prometheus.yml").read_text())["datasources"]
    assert source["type"] == "prometheus"
    (provider,) = yaml.safe_load((DOCKER / "grafana/provisioning/dashboards/chorus.yml").read_text())["providers"]
    assert provider["options"]["path"]
