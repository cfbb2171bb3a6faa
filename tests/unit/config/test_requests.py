"""Each request has an id, in its answer and in the lines of the log; and is counted, unless it is a probe."""

from __future__ import annotations

import logging

import pytest
import structlog
from django.http import HttpResponse
from django.utils.functional import SimpleLazyObject
from prometheus_client import REGISTRY

from config.requests import CountAfter, CountBefore, request_ids
from config.users import add_user

REQUESTS = "django_http_requests_before_middlewares_total"
RESPONSES = "django_http_responses_total_by_status_view_method_total"


class Person:
    pk = 42


@pytest.fixture
def lines() -> list[dict]:
    """What a line of the log would hold that a view writes."""
    return []


@pytest.fixture
def answer(lines):
    def view(request) -> HttpResponse:
        event = structlog.contextvars.merge_contextvars(logging.getLogger(), "info", {})
        lines.append(dict(add_user(None, "info", event)))
        return HttpResponse("ok")

    return request_ids(view)


def test_a_well_formed_id_of_the_proxys_is_taken_and_echoed(rf, answer, lines):
    response = answer(rf.get("/", headers={"X-Request-ID": "a1b2c3d4-e5f6"}))
    assert response["X-Request-ID"] == "a1b2c3d4-e5f6"
    assert lines == [{"request_id": "a1b2c3d4-e5f6"}]


@pytest.mark.parametrize("given", ["", "short", "x" * 129, "with space", "a\nSet-Cookie: b=c", "naïve-enough"])
def test_any_other_is_replaced_by_one_of_ours(rf, answer, lines, given):
    request = rf.get("/")
    request.META["HTTP_X_REQUEST_ID"] = given
    id = answer(request)["X-Request-ID"]
    assert len(id) == 32
    assert lines[0]["request_id"] == id != given


def test_after_the_answer_nothing_is_bound_any_more(rf, answer):
    answer(rf.get("/"))
    assert structlog.contextvars.get_contextvars() == {}
    assert add_user(None, "info", {}) == {}


def test_who_asks_is_said_once_it_is_known_and_never_looked_up(rf, answer, lines):
    request = rf.get("/")
    request.user = SimpleLazyObject(Person)
    answer(request)
    assert request.user.pk == 42  # the view has looked them up
    answer(request)
    assert [line.get("user") for line in lines] == [None, 42]


# --- what is counted ----------------------------------------------------------------------------------


def counted(view: str = "<unnamed view>") -> tuple[float, float]:
    labels = {"status": "200", "view": view, "method": "GET"}
    return REGISTRY.get_sample_value(REQUESTS) or 0, REGISTRY.get_sample_value(RESPONSES, labels) or 0


@pytest.mark.parametrize(("path", "by"), [("/rooms/a/", 1), ("/healthz", 0), ("/readyz", 0), ("/metrics", 0)])
def test_a_request_counts_unless_it_is_a_probe(rf, path, by):
    answer = CountBefore(CountAfter(lambda _: HttpResponse("ok")))
    before = counted()
    assert answer(rf.get(path)).content == b"ok"
    assert [now - then for now, then in zip(counted(), before, strict=True)] == [by, by]


async def test_on_an_event_loop_it_counts_there(rf):
    async def view(_) -> HttpResponse:
        return HttpResponse("ok")

    before = counted()
    assert (await CountAfter(view)(rf.get("/"))).content == b"ok"
    assert counted()[1] - before[1] == 1
