"""Whether a page of some Origin may use the cookie: the only wall against cross-site WebSocket hijacking."""

from __future__ import annotations

import pytest

from realtime.auth.origin import origin_allowed, origin_pattern_ok


@pytest.fixture(autouse=True)
def site(settings):
    settings.ALLOWED_HOSTS = ["chat.example", ".rooms.example", "[::1]"]
    settings.REALTIME = {"ALLOWED_ORIGINS": ["https://app.example", "https://*.partner.example:8443"]}
    settings.USE_X_FORWARDED_HOST = False
    settings.SECURE_PROXY_SSL_HEADER = None
    return settings


def scope(*origins: str, host: str = "chat.example", scheme: str = "ws", **headers: str) -> dict:
    sent = [(b"host", host.encode())] + [(b"origin", origin.encode("latin-1")) for origin in origins]
    sent += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "websocket", "scheme": scheme, "headers": sent}


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://chat.example", "chat.example"),
        ("https://chat.example", "chat.example"),
        ("https://chat.example", "chat.example:443"),
        ("http://chat.example:8000", "chat.example:8000"),
        ("http://CHAT.example", "chat.EXAMPLE"),
        ("https://a.rooms.example", "a.rooms.example"),
        ("http://[::1]:8000", "[::1]:8000"),
        ("https://app.example", "chat.example"),
        ("https://app.example:443", "chat.example"),
        ("https://one.partner.example:8443", "chat.example"),
    ],
)
def test_the_own_origin_and_the_listed_ones_are_allowed(origin, host):
    assert origin_allowed(scope(origin, host=host))


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://evil.example", "chat.example"),
        ("http://chat.example.evil.example", "chat.example"),
        ("http://chat.example:8001", "chat.example:8000"),
        ("http://chat.example", "chat.example:8000"),
        # The attacker's own name, pointed at this server: Host and Origin agree, and neither is ours.
        ("http://evil.example", "evil.example"),
        ("http://app.example", "chat.example"),
        ("https://app.example:8443", "chat.example"),
        ("https://partner.example:8443", "chat.example"),
        ("https://evilpartner.example:8443", "chat.example"),
        ("null", "chat.example"),
        ("", "chat.example"),
        ("chat.example", "chat.example"),
        ("file://", "chat.example"),
        ("ws://chat.example", "chat.example"),
        ("http://chat.example/", "chat.example"),
        ("http://user@chat.example", "chat.example"),
        ("http://chat.example:99999999", "chat.example"),
        ("http://[::1", "[::1]"),
        ("http://chat.example\x00", "chat.example"),
        ("http://ch\xe4t.example", "chat.example"),
    ],
)
def test_any_other_origin_is_refused(origin, host):
    assert not origin_allowed(scope(origin, host=host))


def test_a_missing_or_doubled_origin_is_refused():
    assert not origin_allowed(scope())
    assert not origin_allowed(scope("http://chat.example", "http://chat.example"))


def test_a_doubled_host_is_refused():
    doubled = scope("http://chat.example")
    doubled["headers"].append((b"host", b"evil.example"))
    assert not origin_allowed(doubled)


def test_an_http_page_may_not_use_a_secure_socket():
    assert origin_allowed(scope("https://chat.example", scheme="wss"))
    assert not origin_allowed(scope("http://chat.example", scheme="wss"))


def test_the_proxy_says_whether_the_socket_is_secure(site):
    site.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert not origin_allowed(scope("http://chat.example", x_forwarded_proto="https"))
    assert origin_allowed(scope("http://chat.example", x_forwarded_proto="http"))


def test_a_forwarded_host_counts_only_where_the_proxy_is_trusted(site):
    forwarded = scope("https://chat.example", host="10.0.0.7:8000", x_forwarded_host="chat.example")
    assert not origin_allowed(forwarded)
    site.USE_X_FORWARDED_HOST = True
    assert origin_allowed(forwarded)


def test_without_allowed_hosts_only_debug_lets_the_own_machine_in(site):
    site.ALLOWED_HOSTS = []
    local = scope("http://localhost:8000", host="localhost:8000")
    assert not origin_allowed(local)
    site.DEBUG = True
    assert origin_allowed(local)
    assert not origin_allowed(scope("http://chat.example"))


@pytest.mark.parametrize("pattern", ["https://a.example", "http://a.example:81", "https://*.a.example"])
def test_a_usable_pattern_is_an_origin(pattern):
    assert origin_pattern_ok(pattern)


@pytest.mark.parametrize(
    "pattern", ["*", "a.example", "https://a.example/", "https://*", "https://a.*.example", "https://"]
)
def test_what_could_match_nothing_or_everything_is_no_pattern(pattern):
    assert not origin_pattern_ok(pattern)
