"""What is counted under which name."""

from __future__ import annotations

import re

import pytest

from realtime.metrics import (
    AuthFailure,
    auth_failed,
    connection_closed,
    connection_identified,
    connection_opened,
    connection_refused,
    limit_hit,
    request_refused,
)
from realtime.metrics.registry import exposition, registry
from realtime.protocol.codes import CloseCode, ErrorCode
from realtime.protocol.errors import ConnectionRefused, Invalid, RealtimeError, Unavailable
from realtime.protocol.limits import LimitName
from tests.unit.realtime.metrics.readings import Moved

LABELS_MAX = 40
# The client has errors of its own, which no server tells.
KINDS = [kind for kind in RealtimeError.__subclasses__() if kind.__module__ == RealtimeError.__module__]


@pytest.mark.parametrize(
    ("code", "label"),
    [(4008, "4008"), (CloseCode.REPLACED, "4504"), (1000, "1000"), (None, "1006"), (3000, "other"), (4999, "other")],
)
def test_a_connection_is_open_until_it_is_closed_by_its_code(code, label):
    open_now = Moved("chorus_connections_open", state="authenticated")
    closed = Moved("chorus_connections_closed_total", code=label)
    connection_opened(known=True)
    assert (open_now(), closed()) == (1, 0)
    connection_closed(code, known=True)
    assert (open_now(), closed()) == (0, 1)


def test_a_connection_is_anonymous_until_it_has_said_who_it_is():
    anonymous = Moved("chorus_connections_open", state="anonymous")
    authenticated = Moved("chorus_connections_open", state="authenticated")
    connection_opened(known=False)
    assert (anonymous(), authenticated()) == (1, 0)
    connection_identified()
    assert (anonymous(), authenticated()) == (0, 1)
    connection_closed(1000, known=True)
    assert (anonymous(), authenticated()) == (0, 0)


@pytest.mark.parametrize("reason", AuthFailure)
def test_every_failure_to_authenticate_has_its_counter(reason):
    failed = Moved("chorus_auth_failures_total", reason=reason.value)
    auth_failed(reason)
    assert failed() == 1


@pytest.mark.parametrize(
    ("why", "reason"),
    [
        (ConnectionRefused(CloseCode.SHUTTING_DOWN), "draining"),
        (ConnectionRefused(CloseCode.ORIGIN_REFUSED), "origin"),
        (ConnectionRefused(CloseCode.BANNED), "disabled"),
        (ConnectionRefused(CloseCode.TRY_LATER, limit=LimitName.CONNECTS_PER_S), "connects_per_s"),
        (ConnectionRefused(CloseCode.AUTH_FAILED), "other"),
        (Unavailable(), "unavailable"),
    ],
)
def test_a_refused_connection_counts_by_reason_and_was_never_open(why, reason):
    refused = Moved("chorus_connections_refused_total", reason=reason)
    open_now = Moved("chorus_connections_open", state="authenticated")
    connection_refused(why)
    assert (refused(), open_now()) == (1, 0)


def test_a_limit_that_refused_a_connection_counts_as_a_limit_too():
    hit = Moved("chorus_limits_hit_total", limit="connections_max")
    connection_refused(ConnectionRefused(CloseCode.TRY_LATER, limit=LimitName.CONNECTIONS_MAX))
    assert hit() == 1


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_of_the_protocol_has_its_counter(kind):
    refused = Moved("chorus_requests_refused_total", code=kind.code.value)
    request_refused(kind())
    assert refused() == 1


def test_an_error_that_comes_of_a_limit_counts_for_both():
    refused = Moved("chorus_requests_refused_total", code="invalid")
    hit = Moved("chorus_limits_hit_total", limit="topics_per_connection")
    request_refused(Invalid(limit=LimitName.TOPICS_PER_CONNECTION))
    request_refused(Invalid())
    assert (refused(), hit()) == (2, 1)


@pytest.mark.parametrize("limit", LimitName)
def test_every_limit_has_its_counter(limit):
    hit = Moved("chorus_limits_hit_total", limit=limit.value)
    limit_hit(limit)
    limit_hit(None)
    assert hit() == 1


def test_names_begin_with_the_products_and_labels_are_few_and_there_from_the_start():
    # Dashboards are a product's own; theirs are named after them (tests/unit/dashboard/test_dashboard_exporting.py).
    families = [family for family in registry.collect() if not family.name.startswith("chorus_dashboard_")]
    assert families
    for family in families:
        assert re.fullmatch(r"chorus_[a-z_]+", family.name)
        assert 1 <= len(family.samples) <= LABELS_MAX
        assert all(len(sample.labels) <= 1 for sample in family.samples)
    codes = {sample.labels["code"] for sample in registry_samples("chorus_requests_refused_total")}
    assert codes == set(ErrorCode)


def test_it_is_told_in_the_format_that_is_asked_for():
    body, kind = exposition("")
    assert kind.startswith("text/plain")
    assert b"# TYPE chorus_connections_open gauge" in body
    assert b"_created" not in body
    body, kind = exposition("application/openmetrics-text;version=1.0.0")
    assert kind.startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")


def registry_samples(name: str) -> list:
    return [sample for family in registry.collect() for sample in family.samples if sample.name == name]
