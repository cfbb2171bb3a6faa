"""Static files over HTTP, from every server: the bytes of the file, parts of it, or word that it has not changed."""

from __future__ import annotations

import http.client

import pytest

from tests.support.chorus import ROOT

PATH = "realtime/client.js"


def ask(server, method: str = "GET", path: str = PATH, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request(
            method, f"/static/{path}", headers={name.replace("_", "-"): headers[name] for name in headers}
        )
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def content() -> bytes:
    return (ROOT / "static" / PATH).read_bytes()


def test_a_file_is_served_as_it_is_and_without_a_warning(chorus, content):
    response, body = ask(chorus)
    assert (response.status, body) == (200, content)
    assert response.headers["Content-Type"].startswith("text/javascript")
    assert "StreamingHttpResponse" not in chorus.log_tail()


def test_only_a_part_is_sent_where_a_part_is_asked_for(chorus, content):
    response, body = ask(chorus, Range="bytes=10-19")
    assert (response.status, body) == (206, content[10:20])
    assert response.headers["Content-Range"] == f"bytes 10-19/{len(content)}"


def test_what_the_browser_has_is_not_sent_again(chorus, content):
    etag = ask(chorus)[0].headers["ETag"]
    response, body = ask(chorus, If_None_Match=etag)
    assert (response.status, body) == (304, b"")
    response, body = ask(chorus, "HEAD")
    assert (response.status, response.headers["Content-Length"], body) == (200, str(len(content)), b"")
    assert "StreamingHttpResponse" not in chorus.log_tail()


@pytest.mark.parametrize(
    "path", ["no/such/file.js", "../manage.py", "%2e%2e/manage.py", "npm/lucide-static/package.json"]
)
def test_what_is_not_published_is_not_found(chorus, path):
    assert ask(chorus, path=path)[0].status == 404
