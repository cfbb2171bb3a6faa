"""What may come in over HTTP: bounded bodies, known fields, and whose address counts."""

from __future__ import annotations

import io

import pytest
from django.test import RequestFactory
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework_simplejwt.exceptions import InvalidToken

from realtime.http import StrictSerializer
from realtime.http.authentication import TokenAuthentication
from realtime.http.parsers import BodyTooLarge, JSONParser
from realtime.http.throttling import address_is_exempt, client_address


def parsed(raw: bytes):
    return JSONParser().parse(io.BytesIO(raw))


def test_json_is_read():
    assert parsed('{"text": "žluť", "n": [1, null]}'.encode()) == {"text": "žluť", "n": [1, None]}


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b"NaN", b'{"a": Infinity}', b"[" * 100_000, b"{'a': 1}"])
def test_what_is_not_json_is_refused(raw):
    with pytest.raises(ParseError):
        parsed(raw)


def test_a_body_over_the_limit_is_refused_and_not_read_to_its_end(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    body = io.BytesIO(b'"' + b"a" * 1_000 + b'"')
    with pytest.raises(BodyTooLarge):
        JSONParser().parse(body)
    assert body.tell() == 101


class Shape(StrictSerializer):
    text = serializers.CharField()
    key = serializers.UUIDField(required=False)


def test_an_unknown_field_is_refused_by_name():
    asked = Shape(data={"text": "hi", "kye": "x"})
    assert not asked.is_valid()
    assert list(asked.errors) == ["kye"]


@pytest.mark.parametrize("data", [None, [], "text", 7])
def test_what_is_no_object_is_refused(data):
    assert not Shape(data=data).is_valid()


def test_an_odd_bearer_token_is_invalid_and_no_crash():
    for raw in [b"", b"a.b.c", b"\xff\xfe", b"W1tb" * 4_000 + b".e30.e30"]:
        with pytest.raises(InvalidToken):
            TokenAuthentication().get_validated_token(raw)


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::1", "::1"),
        ("", ""),
    ],
)
def test_the_peers_address_counts_and_of_ipv6_its_network(remote, address):
    request = RequestFactory().get("/", REMOTE_ADDR=remote, HTTP_X_FORWARDED_FOR="198.51.100.1")
    assert client_address(request) == address


def test_loopback_is_exempt_only_where_the_settings_say_so(settings):
    assert not address_is_exempt("127.0.0.1")
    settings.REALTIME = {"LOOPBACK_IS_EXEMPT": True}
    assert address_is_exempt("127.0.0.1")
    assert address_is_exempt("::1")
    assert not address_is_exempt("203.0.113.7")
    assert not address_is_exempt("unknown")
