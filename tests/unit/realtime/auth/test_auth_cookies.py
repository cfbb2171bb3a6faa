"""The session key a connection brought."""

from __future__ import annotations

import pytest

from realtime.auth.cookies import session_cookie


def cookies(*values: bytes) -> dict:
    return {"headers": [(b"cookie", value) for value in values]}


@pytest.mark.parametrize(
    ("sent", "key"),
    [
        ((b"sessionid=abc",), "abc"),
        ((b"theme=dark; sessionid=abc; csrftoken=x",), "abc"),
        ((b"theme=dark", b"sessionid=abc"), "abc"),
        ((b'sessionid="abc"',), "abc"),
        ((), None),
        ((b"theme=dark",), None),
        ((b"sessionid=",), None),
        ((b"sessionid",), None),
        ((b"xsessionid=abc",), None),
    ],
)
def test_the_session_cookie_is_found_among_others(sent, key):
    assert session_cookie(cookies(*sent)) == key


def test_bytes_that_are_no_text_break_nothing():
    assert session_cookie(cookies(b"sessionid=\xff\xfe\x00; \x80=;;=")) is not None


def test_the_cookie_has_the_name_of_the_settings(settings):
    settings.SESSION_COOKIE_NAME = "chorus"
    assert session_cookie(cookies(b"sessionid=abc; chorus=def")) == "def"
