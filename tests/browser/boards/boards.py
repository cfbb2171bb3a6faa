"""What tests of dashboards' pages look at, and how they change the world behind them."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.support.chorus import ChorusServer

LAB = "tests.browser.lab.settings"
HOUR_S = 3_600
TICK_MS = 5_000
"""For what comes with the next tick of a source that ticks every second, on a machine with other work."""


def change(server: ChorusServer, **values: Any) -> None:
    request = urllib.request.Request(f"{server.url}/lab/", data=json.dumps(values).encode(), method="POST")
    urllib.request.urlopen(request, timeout=10).close()


def panel(page: Page, name: str) -> Locator:
    return page.locator(f"[data-panel='{name}']")


def value(page: Page, field: str) -> Locator:
    return panel(page, f"tile:{field}").locator("[data-tile-number]")


def chart(page: Page, name: str) -> Locator:
    """A chart that has been drawn."""
    found = panel(page, f"chart:{name}")
    found.scroll_into_view_if_needed()
    expect(found).to_have_attribute("data-state", "full", timeout=TICK_MS)
    return found


def table_rows(of: Locator) -> list[list[str]]:
    return of.evaluate(
        "(panel) => [...panel.querySelectorAll('tbody tr')].map((row) => [...row.cells].map((cell) => cell.innerText))"
    )


def seconds(clock: str) -> int:
    hours, minutes, rest = map(int, clock.split(":"))
    return hours * 3600 + minutes * 60 + rest


def order(page: Page, group: str) -> list[str]:
    shown = page.locator(f"[data-group={group}] [data-panel]:visible")
    return [each.get_attribute("data-panel") or "" for each in shown.all()]
