"""Every form of a REDIS_URL, held against redis-py's reader of them."""

from __future__ import annotations

import ssl

import pytest
from redis.connection import SSLConnection, parse_url

from realtime.redis.address import Address
from realtime.redis.resp import pack

URLS = [
    "redis://redis.example.org",
    "redis://redis.example.org:6380/3",
    "redis://redis.example.org/",
    "redis://:secret@redis.example.org/1",
    "redis://ada:p%40ss%2Fw%25rd@redis.example.org:6380/15",
    "redis://ada@redis.example.org",
    "redis://redis.example.org?db=4",
    "redis://redis.example.org/5?db=4",
    "redis://[::1]:6379/0",
    "redis://redis.example.org/0?socket_timeout=5&health_check_interval=3",
    "rediss://ada:secret@redis.example.org/2",
    "unix:///run/redis/redis.sock",
    "unix://ada:secret@/run/re%20dis.sock?db=2",
]
DEFAULTS = {"host": "localhost", "port": 6379, "path": "", "db": 0, "username": "", "password": ""}


@pytest.mark.parametrize("url", URLS)
def test_it_is_read_as_redis_py_reads_it(url):
    theirs = dict(parse_url(url))
    ours = Address.from_url(url)
    assert {name: getattr(ours, name) for name in DEFAULTS} == {
        name: theirs.get(name, default) for name, default in DEFAULTS.items()
    }
    assert (ours.tls is not None) == (theirs.get("connection_class") is SSLConnection)


@pytest.mark.parametrize(
    "url", ["http://redis.example.org", "redis.example.org:6379", "redis://h:port/0", "redis://h/x"]
)
def test_what_is_none_is_refused(url):
    with pytest.raises(ValueError):  # noqa: PT011 - several texts, some of them Python's own
        Address.from_url(url)


def test_certificates_and_names_are_checked_unless_the_url_says_otherwise():
    checked = Address.from_url("rediss://h").tls
    assert checked.verify_mode is ssl.CERT_REQUIRED
    assert checked.check_hostname
    unnamed = Address.from_url("rediss://h?ssl_check_hostname=no").tls
    assert unnamed.verify_mode is ssl.CERT_REQUIRED
    assert not unnamed.check_hostname
    open_to_all = Address.from_url("rediss://h?ssl_cert_reqs=none").tls
    assert open_to_all.verify_mode is ssl.CERT_NONE
    assert not open_to_all.check_hostname


@pytest.mark.parametrize("option", ["ssl_cert_reqs=perhaps", "ssl_ca_certs=/nowhere.pem", "ssl_certfile=/nowhere.pem"])
def test_tls_that_cannot_be_had_is_said_at_once(option):
    with pytest.raises((ValueError, OSError)):
        Address.from_url(f"rediss://h?{option}")


@pytest.mark.parametrize(
    ("url", "commands"),
    [
        ("redis://h", []),
        ("redis://:secret@h", [pack(b"AUTH", b"secret")]),
        ("redis://ada:s%C3%A9cret@h/3", [pack(b"AUTH", b"ada", "sécret".encode()), pack(b"SELECT", b"3")]),
    ],
)
def test_a_connection_begins_with_who_it_is(url, commands):
    assert Address.from_url(url).greeting("me") == [*commands, pack(b"CLIENT", b"SETNAME", b"me")]


def test_the_password_is_not_shown():
    address = Address.from_url("redis://ada:hunter2@redis.example.org/0")
    assert "hunter2" not in f"{address} {address!r}"
    assert str(address) == "redis.example.org:6379"
