"""Two windows in one room: what they write is there once, in one order, also after one was cut off."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.chorus import ChorusServer
from tests.support.proxy import Proxy

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CUT_MS = 10_000
PASSWORD = "a long enough pass phrase"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(params=["serve", "cluster"])
def server(request, start_chorus) -> ChorusServer:
    return start_chorus(request.param)


def window(browser: Browser, url: str, name: str) -> Page:
    """A window of its own, signed up."""
    page = browser.new_context().new_page()
    page.goto(f"{url}/signup/")
    page.fill("[name=username]", name)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"{url}/")
    return page


def write(page: Page, text: str) -> None:
    page.fill("#composer-text", text)
    page.press("#composer-text", "Enter")


def texts(page: Page) -> list[str]:
    return page.locator(".message [data-field=text]").all_inner_texts()


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
        expect(bob.locator(".message", has_text="Can you read me?")).to_be_visible()

        assert proxy.cut() > 0
        for number in range(3):
            write(bob, f"bob {number}")
        for number in range(30):
            write(ada, f"ada {number}")
        expect(ada.locator(".message", has_text="ada 29")).to_be_visible()
        bob.wait_for_timeout(CUT_MS)
        assert not any(text.startswith("ada") for text in texts(bob))
        proxy.restore()

        expect(bob.locator(".message", has_text="ada 29")).to_be_visible(timeout=30_000)
        expect(ada.locator(".message", has_text="bob 2")).to_be_visible(timeout=30_000)
        expect(bob.locator(".message[data-state=sending]")).to_have_count(0)
        assert texts(ada) == texts(bob)
        assert len(texts(ada)) == 1 + 33
        for who, count in (("ada", 30), ("bob", 3)):
            assert [text for text in texts(ada) if text.startswith(who)] == [f"{who} {n}" for n in range(count)]
