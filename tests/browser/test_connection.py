"""What the page does while the server is away, and that nothing written then is lost."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect

from tests.browser.windows import PASSWORD, Site, Windows, api, message, room, texts, write

LINE = "[data-connection]"


class Wire:
    """The WebSockets of a browser; its pages and API go on working while they are cut."""

    def __init__(self, context: BrowserContext) -> None:
        self._cut = False
        self._open: list[WebSocketRoute] = []
        context.route_web_socket(re.compile("/ws/$"), self._opened)

    def cut(self) -> None:
        self._cut = True
        for socket in self._open:
            socket.close(code=1001)
        self._open.clear()

    def restore(self) -> None:
        self._cut = False

    def _opened(self, socket: WebSocketRoute) -> None:
        if self._cut:
            socket.close(code=1001)
        else:
            socket.connect_to_server()
            self._open.append(socket)


def unsent_in(page: Page):
    return page.locator(".message[data-state=sending]")


def test_the_line_counts_down_and_what_is_unsent_survives_a_reload_and_a_closed_tab(windows):
    page = windows.of("ada")
    wire = Wire(page.context)
    slug = room(page)
    windows.go(page, f"/rooms/{slug}/")
    expect(page.locator(LINE)).to_be_hidden()
    wire.cut()
    write(page, "written in the dark")
    write(page, "and this")
    expect(page.locator(LINE)).to_contain_text(re.compile(r"Reconnecting in \d+ s \(2 waiting\)"))
    expect(unsent_in(page)).to_have_count(2)

    windows.go(page, f"/rooms/{slug}/")
    expect(unsent_in(page)).to_have_count(2)
    context = page.context
    page.close()
    page = context.new_page()
    windows.go(page, f"/rooms/{slug}/")
    expect(unsent_in(page)).to_have_count(2)
    assert api(page, "GET", f"rooms/{slug}/messages/")["results"] == []

    expect(page.locator("[data-connection-retry]")).to_be_visible()
    wire.restore()
    # Not a click with the mouse: it may come back by itself just then, and the button is gone.
    page.locator("[data-connection-retry]").dispatch_event("click")
    expect(unsent_in(page)).to_have_count(0)
    expect(page.locator(LINE)).to_have_text(re.compile("Back"))
    assert texts(page) == ["written in the dark", "and this"]
    stored = api(page, "GET", f"rooms/{slug}/messages/")["results"]
    assert [row["text"] for row in reversed(stored)] == ["written in the dark", "and this"]


def test_what_the_server_refuses_stays_with_its_reason_to_be_tried_again_or_discarded(windows):
    page = windows.of("ada")
    wire = Wire(page.context)
    slug = room(page)
    windows.go(page, f"/rooms/{slug}/")
    wire.cut()
    write(page, "try me twice")
    write(page, "never mind")
    api(page, "PATCH", f"rooms/{slug}/", {"archived": True})
    wire.restore()
    kept, dropped = message(page, "try me twice"), message(page, "never mind")
    for row in (kept, dropped):
        expect(row).to_have_attribute("data-state", "failed")
        expect(row).to_contain_text("Not sent: This room is archived")
    dropped.get_by_text("Discard").click()
    expect(dropped).to_have_count(0)
    api(page, "PATCH", f"rooms/{slug}/", {"archived": False})
    expect(page.locator("#composer-text")).to_be_visible()
    kept.get_by_text("Try again").click()
    expect(kept).to_have_attribute("data-state", "kept")
    assert [row["text"] for row in api(page, "GET", f"rooms/{slug}/messages/")["results"]] == ["try me twice"]


@pytest.mark.parametrize(("answer", "arrives"), [("keep", True), ("discard", False)])
def test_who_logs_out_with_unsent_messages_is_asked_what_becomes_of_them(windows, answer, arrives):
    name = f"leaves-and-{answer}s"
    page = windows.of(name)
    wire = Wire(page.context)
    slug = room(page)
    windows.go(page, f"/rooms/{slug}/")
    wire.cut()
    write(page, "not sent yet")
    page.click("[data-log-out] button")
    expect(page.locator("#log-out")).to_contain_text("1 message has not been sent yet.")
    page.click("#log-out [data-dialog-close]")
    expect(unsent_in(page)).to_have_count(1)
    page.click("[data-log-out] button")
    page.click(f"#log-out button[value={answer}]")
    page.wait_for_url("**/login/")

    # Whoever uses the browser next neither sees nor sends it.
    wire.restore()
    windows.become(page, "bob")
    windows.go(page, f"/rooms/{slug}/")
    expect(page.locator(".message")).to_have_count(0)
    page.context.clear_cookies()
    windows.log_in(page, name, PASSWORD)
    windows.go(page, f"/rooms/{slug}/")
    expect(message(page, "not sent yet")).to_have_count(int(arrives))
    expect(unsent_in(page)).to_have_count(0)


def test_what_was_written_while_the_server_was_dead_is_delivered_once_it_is_back(browser, start_chorus):
    server = start_chorus("serve")
    windows = Windows(browser, Site(server, ""))
    page = windows.of("ada")
    slug = room(page)
    windows.go(page, f"/rooms/{slug}/")
    write(page, "before")
    expect(message(page, "before")).to_have_attribute("data-state", "kept")
    server.kill()
    for number in range(3):
        write(page, f"while it was dead {number}")
    expect(page.locator(LINE)).to_contain_text("(3 waiting)")
    server.run()
    expect(page.locator(".message[data-state=kept]")).to_have_count(4, timeout=30_000)
    assert texts(page) == ["before", *(f"while it was dead {number}" for number in range(3))]
    stored = api(page, "GET", f"rooms/{slug}/messages/")["results"]
    assert [row["text"] for row in reversed(stored)] == texts(page)
    windows.close()
    assert windows.errors == []
