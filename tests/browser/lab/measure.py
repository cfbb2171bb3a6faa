"""Measures the page of the lab: twelve charts, all on the screen, an update a second.

    python -m tests.browser.lab.measure http://127.0.0.1:8000 staff <password>

against a server on tests.browser.lab.settings. Prints the longest tasks of the page's main thread, in milliseconds of
processor time, which other work on the machine does not lengthen as it does the clock's. Chromium calls "long" what
takes 50 ms.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

RUN_MS = 20_000
LOAD_MS = 4_000
ALL_IN_VIEW = {"width": 1920, "height": 2600}
CATEGORIES = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"]


def main(url: str, name: str, password: str) -> None:
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        page = browser.new_context(base_url=url).new_page()
        page.set_viewport_size(ALL_IN_VIEW)
        page.goto("/login/")
        page.fill("[name=username]", name)
        page.fill("[name=password]", password)
        with page.expect_navigation():
            page.press("[name=password]", "Enter")
        for minutes in (5, 60):
            page.goto("about:blank")
            report(f"{minutes} min, loading", traced(browser, page, LOAD_MS, f"/dashboard/lab/?minutes={minutes}"))
            report(f"{minutes} min, live", traced(browser, page, RUN_MS))
        browser.close()


def traced(browser: Browser, page: Page, wait_ms: int, address: str = "") -> list[float]:
    """Give the processor time of each task of the page's main thread, longest first."""
    browser.start_tracing(page=page, categories=CATEGORIES)
    if address:
        page.goto(address)
    page.wait_for_timeout(wait_ms)
    return tasks(json.loads(browser.stop_tracing())["traceEvents"])


def tasks(events: list[dict[str, Any]]) -> list[float]:
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event.get("name") == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    found: dict[int, list[float]] = {}
    for event in events:
        if event.get("name") == "RunTask" and (event["pid"], event["tid"]) in mains:
            found.setdefault(event["pid"], []).append(event.get("tdur", 0) / 1000)
    # Chromium keeps a spare page beside ours.
    return sorted(max(found.values(), key=sum), reverse=True)


def report(what: str, found: list[float]) -> None:
    longest = ", ".join(f"{each:.0f}" for each in found[:5])
    over = sum(each > 50 for each in found)
    print(f"{what}: longest {longest} ms; {over} over 50 ms; {sum(found):.0f} ms in all")  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
