"""Takes the pictures of README: `scripts/screenshots` says how. The demo should have run for a quarter of an hour."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

HERE = Path(__file__).resolve().parent
DESK: ViewportSize = {"width": 1440, "height": 900}
WHO = "demo"
# As long as a message that was linked to stays marked (static/chat/timeline.js), and a little.
MARKED_MS = 4500
# For charts to have their past.
DRAWN_MS = 3000


def main(url: str, password: str) -> None:
    """Take every picture in light and in dark."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        first = logged_in(browser, url, password)
        # Read before, so that the second picture has no "new" less than the first.
        for room in ("general", "random"):
            show(first, f"{url}/rooms/{room}/")
        # A list, and code a little below it.
        shown = message_with(first, "general", "fell into a hedge")
        for scheme in ("light", "dark"):
            desk = logged_in(browser, url, password, viewport=DESK, color_scheme=scheme)
            show(desk, f"{url}/rooms/general/?message={shown}")
            desk.wait_for_timeout(MARKED_MS)
            desk.evaluate("document.activeElement.blur()")
            desk.hover(f"#message-{shown}")
            desk.mouse.wheel(0, 180)
            desk.wait_for_timeout(200)
            desk.screenshot(path=HERE / f"room-{scheme}.png")
            show(desk, f"{url}/dashboard/orders/?minutes=15")
            desk.wait_for_timeout(DRAWN_MS)
            desk.screenshot(path=HERE / f"dashboard-{scheme}.png")
        browser.close()


def logged_in(browser: Browser, url: str, password: str, **look: Any) -> Page:
    """Open a window of the demo's user."""
    page = browser.new_context(locale="en-GB", timezone_id="UTC", **look).new_page()
    page.goto(f"{url}/login/")
    page.fill("[name=username]", WHO)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"{url}/")
    return page


def show(page: Page, address: str) -> None:
    """Open a room, and wait until it is live."""
    page.goto(address)
    page.wait_for_function("document.documentElement.dataset.scripted !== undefined")
    page.wait_for_load_state("networkidle")


def message_with(page: Page, room: str, text: str) -> int:
    """Find a message of the room's last 200, and give its id."""
    address = f"{page.url.split('/rooms/')[0]}/api/rooms/{room}/messages/?limit=200"
    return next(found["id"] for found in page.request.get(address).json()["results"] if text in (found["text"] or ""))


if __name__ == "__main__":
    main(*sys.argv[1:])
