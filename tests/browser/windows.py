"""What a person does in a window, in the words of the tests. Knows the pages' elements, but no test."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Response,
    StorageState,
)

from tests.support.chorus import ChorusServer

__all__ = ["PASSWORD", "Site", "Windows", "api", "box_top", "message", "post_many", "room", "sign_up", "texts", "write"]

PASSWORD = "a long enough pass phrase"
# The browser's own report of a refused request or a lost connection; the page says it in its words.
NETWORK = re.compile(r"Failed to load resource|WebSocket connection to|net::ERR_")

ASK = """async ([method, path, body]) => {
  const token = document.querySelector("input[name=csrfmiddlewaretoken]").value;
  const response = await fetch(`/api/${path}`, {
    method,
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: body === null ? undefined : JSON.stringify(body),
  });
  return { status: response.status, body: response.status === 204 ? null : await response.json() };
}"""


@dataclass
class Site:
    """A populated Chorus, and who is logged in to it already."""

    server: ChorusServer
    password: str
    states: dict[str, StorageState] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.server.url


class Windows:
    """Opens windows, and holds them to what every page owes: no error in its console."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self._browser = browser
        self._site = site
        self._contexts: list[BrowserContext] = []
        self.errors: list[str] = []

    @property
    def url(self) -> str:
        return self._site.url

    def anonymous(self, **options: Any) -> BrowserContext:
        """A browser nobody is logged in to."""
        context = self._browser.new_context(base_url=self._site.url, **options)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        self._contexts.append(context)
        return context

    def of(self, name: str, path: str = "/", **options: Any) -> Page:
        """A window of this user in a browser of their own; who is not in the demo signs up."""
        page = self.anonymous(storage_state=self._known(name), **options).new_page()
        self.go(page, path)
        return page

    def become(self, page: Page, name: str) -> None:
        """Let somebody else use the same browser, with all that it keeps."""
        page.context.clear_cookies()
        # What a browser gives out of its cookies is what it takes.
        page.context.add_cookies(cast("Any", self._known(name)["cookies"]))

    def go(self, page: Page, path: str) -> Response | None:
        """Open an address and wait until its scripts have taken over."""
        response = page.goto(path)
        page.wait_for_function("document.documentElement.dataset.scripted !== undefined")
        return response

    def log_in(self, page: Page, name: str, password: str) -> None:
        fill_in(page, f"{self.url}/login/", name, password)

    def close(self) -> None:
        for context in self._contexts:
            context.close()

    def _known(self, name: str) -> StorageState:
        if name not in self._site.states:
            self._site.states[name] = self._logged_in(name)
        return self._site.states[name]

    def _logged_in(self, name: str) -> StorageState:
        page = self.anonymous().new_page()
        if name in {"demo", "guest", "staff"}:
            self.log_in(page, name, self._site.password)
        else:
            sign_up(page, self.url, name)
        return page.context.storage_state()

    def _console(self, said: ConsoleMessage) -> None:
        if said.type == "error" and not NETWORK.search(said.text):
            self.errors.append(said.text)


def sign_up(page: Page, url: str, name: str) -> None:
    fill_in(page, f"{url}/signup/", name, PASSWORD)
    page.wait_for_url(f"{url}/")


def fill_in(page: Page, address: str, name: str, password: str) -> None:
    page.goto(address)
    page.fill("[name=username]", name)
    page.fill("[name=password]", password)
    with page.expect_navigation():
        page.press("[name=password]", "Enter")


def api(page: Page, method: str, path: str, body: Mapping[str, Any] | None = None, *, status: int = 200) -> Any:
    """Ask the HTTP API as whoever is logged in here. Raises AssertionError if it answers with another status."""
    answer = page.evaluate(ASK, [method, path, body])
    assert answer["status"] == status, answer
    return answer["body"]


def room(owner: Page, *members: str, **values: Any) -> str:
    """Make a room of its own, invite members, and give its slug."""
    slug = f"room-{uuid.uuid4().hex[:12]}"
    api(owner, "POST", "rooms/", {"slug": slug, "name": f"Room {slug[-4:]}", **values}, status=201)
    for username in members:
        api(owner, "POST", f"rooms/{slug}/members/", {"username": username}, status=201)
    return slug


def post_many(page: Page, slug: str, texts: list[str]) -> None:
    """Post by the API, one after the other."""
    for text in texts:
        api(page, "POST", f"rooms/{slug}/messages/", {"text": text}, status=201)


def write(page: Page, text: str) -> None:
    page.fill("#composer-text", text)
    page.press("#composer-text", "Enter")


def message(page: Page, text: str) -> Locator:
    """The row with this text; its author and its time do not count."""
    return page.locator(".message", has=page.locator("[data-field=text]", has_text=text))


def texts(page: Page) -> list[str]:
    return page.locator(".message [data-field=text]").all_inner_texts()


def box_top(locator: Locator) -> float:
    """How far from the top of the window an element stands."""
    box = locator.bounding_box()
    assert box is not None
    return box["y"]
