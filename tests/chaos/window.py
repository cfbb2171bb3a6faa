"""A browser window left open on a room while everything breaks: in the end it shows what a fresh one shows."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Error, Page, async_playwright

from tests.chaos.report import Result
from tests.chaos.stack import Stack

__all__ = ["left_open"]

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PASSWORD = "a long enough pass phrase"
SAME_WITHIN_S = 45.0
ROWS = 30
READ = """rows => rows.map(row => [row.id, row.querySelector("[data-field=text]")?.innerText, row.dataset.state])"""


@asynccontextmanager
async def left_open(stack: Stack, room: str, result: Result) -> AsyncIterator[None]:
    """Open a window before the harm, and compare it with another one afterwards."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = await browser.new_context()
        page = await context.new_page()
        await _sign_up(page, stack.front.url)
        await page.goto(f"{stack.front.url}/rooms/{room}/")
        yield
        try:
            # A context of its own: the other's kept-alive connections may be among those that fell silent.
            fresh = await (await browser.new_context(storage_state=await context.storage_state())).new_page()
            await fresh.goto(f"{stack.front.url}/rooms/{room}/")
            seen, shown = await _same(page, fresh)
        except Error as error:
            result.faults.append(f"the windows could not be compared: {error.message}")
        else:
            _judge(seen, shown, result)
        await browser.close()


def _judge(seen: list[object], shown: list[object], result: Result) -> None:
    if not seen or seen != shown:
        result.faults.append(f"the window left open shows {seen}, a fresh one {shown}")
    else:
        result.notes.append(f"the window left open: its last {len(seen)} rows are those of a fresh one")


async def _sign_up(page: Page, url: str) -> None:
    await page.goto(f"{url}/signup/")
    await page.fill("[name=username]", f"window-{uuid.uuid4().hex[:8]}")
    await page.fill("[name=password]", PASSWORD)
    async with page.expect_navigation():
        await page.press("[name=password]", "Enter")


async def _same(page: Page, fresh: Page) -> tuple[list[object], list[object]]:
    """The newest rows of both, once they are the same or it is too late for that."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while True:
        seen, shown = await _rows(page), await _rows(fresh)
        if (seen and seen == shown) or loop.time() - began > SAME_WITHIN_S:
            return seen, shown
        await asyncio.sleep(0.2)


async def _rows(page: Page) -> list[object]:
    rows: list[object] = await page.locator(".message").evaluate_all(READ)
    return rows[-ROWS:]
