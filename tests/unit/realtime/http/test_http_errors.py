"""Every failure of the API in one shape, with the status and the headers that belong to it."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DataError, OperationalError
from django.http import Http404
from rest_framework import exceptions

from realtime.http.errors import exception_handler, status_of
from realtime.protocol import errors
from realtime.protocol.codes import ErrorCode
from realtime.protocol.errors import RealtimeError


def answer(exception: Exception):
    return exception_handler(exception, {"request": None, "view": None})


@pytest.mark.parametrize(
    "kind", [kind for kind in RealtimeError.__subclasses__() if kind.__module__ == "realtime.protocol.errors"]
)
def test_every_error_of_the_protocol_has_a_status(kind):
    response = answer(kind("a sentence"))
    assert response.status_code == status_of(kind())
    assert response.data == {"code": kind.code.value, "message": "a sentence"}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.Invalid("no", field="text"), 400),
        (errors.Unauthenticated(), 401),
        (errors.Forbidden(), 403),
        (errors.Muted(), 403),
        (errors.NotFound(), 404),
        (errors.Conflict(), 409),
        (errors.RoomFull(), 409),
        (errors.TooLarge(), 413),
        (errors.RateLimited(retry_after_s=1), 429),
        (errors.SlowMode(retry_after_s=1), 429),
        (errors.Internal(), 500),
        (errors.Unavailable(), 503),
    ],
)
def test_the_status_says_the_same_as_the_code(error, status):
    assert answer(error).status_code == status


def test_the_field_is_named_where_one_is_to_blame():
    assert answer(errors.Invalid("no", field="text")).data["field"] == "text"
    assert "field" not in answer(errors.NotFound()).data


def test_retry_after_is_in_whole_seconds_and_never_zero():
    assert answer(errors.RateLimited(retry_after_s=0.2))["Retry-After"] == "1"
    assert answer(errors.SlowMode(retry_after_s=12.1))["Retry-After"] == "13"
    assert answer(exceptions.Throttled(wait=7))["Retry-After"] == "7"
    assert int(answer(errors.Unavailable())["Retry-After"]) > 0
    assert "Retry-After" not in answer(errors.NotFound())


def test_a_401_says_how_to_authenticate():
    assert answer(errors.Unauthenticated())["WWW-Authenticate"].startswith("Bearer")
    assert "WWW-Authenticate" not in answer(errors.Forbidden())


@pytest.mark.parametrize(
    ("detail", "field", "message"),
    [
        ({"text": ["This field is required."]}, "text", "This field is required."),
        ({"author": {"name": ["Too long."]}}, "author.name", "Too long."),
        ({"non_field_errors": ["Invalid data."]}, None, "Invalid data."),
        (["Just wrong."], None, "Just wrong."),
        ("Just wrong.", None, "Just wrong."),
    ],
)
def test_bad_input_names_the_first_field(detail, field, message):
    data = answer(exceptions.ValidationError(detail)).data
    assert (data["code"], data.get("field"), data["message"]) == ("invalid", field, message)


@pytest.mark.parametrize(
    ("exception", "status", "code"),
    [
        (exceptions.ParseError(), 400, "invalid"),
        (exceptions.NotAuthenticated(), 401, "unauthenticated"),
        (exceptions.PermissionDenied(), 403, "forbidden"),
        (PermissionDenied(), 403, "forbidden"),
        (exceptions.NotFound(), 404, "not_found"),
        (Http404("the model's name"), 404, "not_found"),
        (exceptions.MethodNotAllowed("PUT"), 405, "unknown_op"),
        (exceptions.UnsupportedMediaType("text/xml"), 415, "invalid"),
        (exceptions.Throttled(wait=3), 429, "rate_limited"),
        (OperationalError("server closed the connection unexpectedly"), 503, "unavailable"),
        (OperationalError("database is locked"), 503, "unavailable"),
    ],
)
def test_the_frameworks_own_refusals_have_the_same_shape(exception, status, code):
    response = answer(exception)
    assert (response.status_code, response.data["code"]) == (status, code)
    assert set(response.data) == {"code", "message"}


@pytest.mark.parametrize("exception", [ZeroDivisionError("secret"), DataError("value too long")])
def test_a_fault_of_ours_is_logged_and_says_nothing_of_itself(exception, caplog):
    response = answer(exception)
    assert (response.status_code, response.data["code"]) == (500, "internal")
    assert "secret" not in str(response.data)
    assert caplog.records[-1].exc_info[1] is exception


def test_no_code_of_the_protocol_is_without_a_status():
    assert {kind.code for kind in RealtimeError.__subclasses__()} == set(ErrorCode)
