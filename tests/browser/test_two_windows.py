"""Two windows in one room: what they write is there once, in one order, also after one was cut off."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.windows import message, sign_up, texts, write
from tests.support.chorus import ChorusServer
from tests.support.proxy import Proxy

CUT_MS = 10_000


@pytest.fixture(params=["serve", "cluster"])
def server(request, start_chorus) -> ChorusServer:
    return start_chorus(request.param)


def window(browser: Browser, url: str, name: str) -> Page:
    """A window of its own, signed up."""
    page = browser.new_context().new_page()
    sign_up(page, url, name)
    return page


def test_a_window_that_was_cut_off_ends_up_with_the_same_messages_in_the_same_order(browser, server):
    with Proxy(server.port) as proxy:
        ada, bob = window(browser, server.url, "ada"), window(browser, proxy.url, "bob")
        ada.click("main [data-open-dialog=room-create]")
        ada.fill("#create-name", "Harbour")
        ada.press("#create-name", "Enter")
        ada.wait_for_url("**/rooms/*/")
        room = ada.url.removeprefix(server.url)
        bob.goto(proxy.url + room)
        write(ada, "Can you read me?")
        expect(message(bob, "Can you read me?")).to_be_visible()

        assert proxy.cut() > 0
        for number in range(3):
            write(bob, f"bob says {number}")  # "bob 2" would be found in his name and the time, in the evening
        for number in range(30):
            write(ada, f"ada {number}")
        expect(message(ada, "ada 29")).to_be_visible()
        bob.wait_for_timeout(CUT_MS)
        assert not any(text.startswith("ada") for text in texts(bob))
        proxy.restore()

        expect(message(bob, "ada 29")).to_be_visible(timeout=30_000)
        expect(message(ada, "bob says 2")).to_be_visible(timeout=30_000)
        expect(bob.locator(".message[data-state=sending]")).to_have_count(0)
        assert texts(ada) == texts(bob)
        assert len(texts(ada)) == 1 + 33
        for who, count in (("ada", 30), ("bob says", 3)):
            assert [text for text in texts(ada) if text.startswith(who)] == [f"{who} {n}" for n in range(count)]
