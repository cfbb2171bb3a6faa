"""Dashboards as people use them: live values, charts, pausing, sorting, arranging, and what is shown in trouble."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, WebSocketRoute, expect

from tests.browser.test_accessibility import DESK, PHONE, complaints
from tests.browser.test_pages import BEYOND_THE_EDGE
from tests.browser.windows import Site, Windows
from tests.support.chorus import ChorusServer, manage
from tests.support.fixtures import Databases, StartChorus, starter
from tests.support.redis import RedisServer

LAB = "tests.browser.lab.settings"
HOUR_S = 3_600
TICK_MS = 5_000
"""For what comes with the next tick of a source that ticks every second, on a machine with other work."""


@pytest.fixture(scope="module")
def lab(request: pytest.FixtureRequest, databases: Databases, server_folder: Path) -> Iterator[Site]:
    with contextlib.ExitStack() as stack:
        server = starter(stack, request, databases, server_folder)("serve", DJANGO_SETTINGS_MODULE=LAB)
        told = re.search(r"Password: (\S+)", manage(server.variables, "demo"))
        assert told is not None
        yield Site(server, told[1])


@pytest.fixture
def windows(browser: Browser, lab: Site) -> Iterator[Windows]:
    opened = Windows(browser, lab)
    yield opened
    opened.close()
    assert opened.errors == []


@pytest.fixture
def world(lab: Site) -> Iterator[Any]:
    """Changes the world, and leaves it as it was."""
    yield lambda **values: change(lab.server, **values)
    change(lab.server, people=40.0, fails=False, latency=42.0, note="All is well")


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


# --- live -----------------------------------------------------------------------------------------


def test_a_value_is_on_the_page_within_a_second_of_what_happened(windows, world):
    page = windows.of("ada", "/dashboard/shelf/")
    world(sold=1)
    expect(value(page, "sold")).to_have_text("1")
    for sold in (7, 1204):
        world(sold=sold)
        expect(value(page, "sold")).to_have_text(f"{sold:,}", timeout=1_000)


def test_the_page_is_complete_before_any_script(windows):
    page = windows.anonymous(storage_state=windows._known("ada"), java_script_enabled=False).new_page()
    page.goto("/dashboard/lab/")
    expect(value(page, "people")).to_have_text("40")
    expect(panel(page, "tile:latency").locator(".tile__value")).to_have_text("42.0 ms")
    assert table_rows(panel(page, "table:rooms"))[0][:3] == ["general", "48", "12.4/s"]
    expect(panel(page, "counts:errors")).to_contain_text("rate_limited")
    expect(page.get_by_text("Without JavaScript this page does not update by itself.")).to_be_visible()
    expect(page.locator("[data-pause]")).to_be_hidden()


def test_charts_are_full_on_load_and_a_range_is_kept_in_the_address(windows):
    page = windows.of("ada", "/dashboard/lab/")
    first = chart(page, "people")
    first.locator("[data-chart-toggle]").click()
    rows = table_rows(first)
    # A second in which another test made the source fail is missing.
    assert len(rows) > 50
    assert 280 <= (seconds(rows[0][0]) - seconds(rows[-1][0])) % 86_400 <= 300

    page.click("[data-minutes='60']")
    page.wait_for_function(
        """() => { const rows = document.querySelectorAll("[data-panel='chart:people'] tbody th");
          const at = (row) => row.innerText.split(":").reduce((sum, part) => 60 * sum + Number(part), 0);
          return (at(rows[0]) - at(rows[rows.length - 1]) + 86400) % 86400 > 3400; }"""
    )
    assert "minutes=60" in page.url
    page.reload()
    expect(page.locator("[data-minutes='60']")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-minutes='5']")).to_have_attribute("aria-pressed", "false")


def test_pause_holds_everything_but_counts_what_came_and_going_on_shows_it(windows, world):
    page = windows.of("ada", "/dashboard/lab/")
    chart(page, "people")
    expect(value(page, "people")).to_have_text("40")
    page.keyboard.press("p")
    expect(page.locator("[data-pause]")).to_have_attribute("aria-pressed", "true")
    held = page.locator("[data-group=tiles]").inner_text()
    world(people=77.0)
    expect(page.locator("[data-live-words]")).to_have_text(re.compile(r"Paused · [3-9] updates"), timeout=8_000)
    assert page.locator("[data-group=tiles]").inner_text() == held
    page.click("[data-pause]")
    expect(value(page, "people")).to_have_text("77")
    expect(page.locator("[data-live-words]")).to_have_text("Live")


def test_text_goes_in_as_text(windows, world):
    page = windows.of("ada", "/dashboard/lab/")
    note = "<img src=x onerror=alert(1)>"
    world(note=note)
    expect(value(page, "note")).to_have_text(note, timeout=TICK_MS)
    windows.go(page, "/dashboard/lab/")
    expect(value(page, "note")).to_have_text(note)
    assert page.locator("main img").count() == 0


def test_a_slow_machine_on_a_slow_line_is_kept_up_to_date(windows, world):
    page = windows.of("ada", "/dashboard/lab/")
    client = page.context.new_cdp_session(page)
    client.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    client.send("Network.enable")
    slow = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 20_000}
    client.send("Network.emulateNetworkConditions", slow)
    windows.go(page, "/dashboard/lab/")
    chart(page, "chart_3")
    for people in (51.0, 52.0):
        world(people=people)
        expect(value(page, "people")).to_have_text(f"{people:.0f}", timeout=8_000)


# --- what is drawn --------------------------------------------------------------------------------

COUNT_DRAWINGS = """
  window.drawings = [];
  const clear = CanvasRenderingContext2D.prototype.clearRect;
  CanvasRenderingContext2D.prototype.clearRect = function (...box) {
    window.drawings.push(this.canvas.closest("[data-panel]")?.dataset.panel ?? "");
    return clear.apply(this, box);
  };
"""


def test_a_chart_that_is_not_seen_is_not_drawn(windows, world):
    page = windows.of("ada")
    page.set_viewport_size(DESK)
    page.add_init_script(COUNT_DRAWINGS)
    windows.go(page, "/dashboard/lab/")
    chart(page, "people")
    world(people=61.0)
    expect(value(page, "people")).to_have_text("61", timeout=TICK_MS)
    assert page.locator("[data-panel^='chart:']").count() == 12
    drawn = set(page.evaluate("window.drawings"))
    assert "chart:people" in drawn
    assert "chart:chart_10" not in drawn
    # Who reads it without seeing it hears what is, all the same.
    unseen = panel(page, "chart:chart_10").locator("[data-chart-value='0']")
    before = unseen.inner_text()
    expect(unseen).not_to_have_text(before, timeout=TICK_MS)

    # The page in another tab: updates come, nothing is drawn.
    page.evaluate("""() => {
      Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }""")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.evaluate("window.drawings.length = 0")
    world(people=62.0)
    page.wait_for_timeout(2_500)
    assert page.evaluate("window.drawings") == []
    expect(value(page, "people")).to_have_text("61")
    page.evaluate("""() => {
      Reflect.deleteProperty(document, "visibilityState");
      document.dispatchEvent(new Event("visibilitychange"));
    }""")
    expect(value(page, "people")).to_have_text("62")
    assert page.evaluate("window.drawings").count("chart:people") >= 1


def test_nothing_moves_while_the_page_loads_and_lives(windows, world):
    page = windows.of("ada")
    page.add_init_script("""
      window.moved = 0;
      new PerformanceObserver((list) => list.getEntries().forEach(({ value }) => (window.moved += value)))
        .observe({ type: "layout-shift", buffered: true });
    """)
    windows.go(page, "/dashboard/lab/")
    chart(page, "people")
    world(people=12_345.0)
    expect(value(page, "people")).to_have_text("12,345", timeout=TICK_MS)
    assert page.evaluate("window.moved") < 0.01


def test_an_hour_of_updates_leaves_the_page_as_large_as_it_was(windows):
    page = windows.of("ada")
    feed = Feed(page)
    windows.go(page, "/dashboard/lab/")
    chart(page, "people")
    feed.take_over()
    feed.seconds(HOUR_S // 6)
    before = weight(page)
    feed.seconds(HOUR_S)
    after = weight(page)
    expect(value(page, "people")).to_have_text(f"{feed.told - 1:,}")
    assert after["nodes"] <= before["nodes"] + 50
    assert after["heap"] < before["heap"] + 500_000


class Feed:
    """Speaks for the server, faster than it would."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._sockets: list[WebSocketRoute] = []
        self._own = False
        self.told = 0
        page.route_web_socket(re.compile("/ws/$"), self._opened)

    def take_over(self) -> None:
        # Nothing is heard before the server has answered the subscription.
        before = value(self._page, "line_0").inner_text()
        expect(value(self._page, "line_0")).not_to_have_text(before, timeout=TICK_MS)
        self._own = True
        data = json.loads(self._page.locator("#page-data").text_content() or "")
        self._at = data["dashboard"]["description"]["at"] + 60_000

    def seconds(self, count: int) -> None:
        """As many updates as come in so many seconds; each with other rows and other words than the one before."""
        for _ in range(count):
            n = self.told
            rooms = [{"room": f"room {n + place}", "members": n, "rate": n / 7, "since": None} for place in range(5)]
            state = {"people": n, "line_3": n % 97, "rooms": rooms, "errors": {f"error {n % 50}": 1.5, "other": n % 7}}
            event = {"op": "event", "topic": "dashboard/lab", "event": "diff"}
            self._sockets[-1].send(json.dumps({**event, "data": {"at": self._at + n * 1_000, "state": state}}))
            self.told += 1
            if n % 20 == 0:
                # So that it is drawn, and not only kept.
                self._page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")
        expect(value(self._page, "people")).to_have_text(f"{self.told - 1:,}", timeout=TICK_MS)

    def _opened(self, socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        server.on_message(lambda message: None if self._own else socket.send(message))
        self._sockets.append(socket)


def weight(page: Page) -> dict[str, float]:
    """What the page holds in memory, once the rubbish is out."""
    client = page.context.new_cdp_session(page)
    client.send("HeapProfiler.collectGarbage")
    heap = client.send("Runtime.getHeapUsage")["usedSize"]
    return {"heap": heap, "nodes": page.evaluate("document.querySelectorAll('*').length")}


# --- reading --------------------------------------------------------------------------------------


def test_the_crosshair_is_shared_and_goes_by_arrow_keys(windows):
    page = windows.of("ada", "/dashboard/lab/")
    page.set_viewport_size(DESK)
    here, there = chart(page, "people"), chart(page, "chart_1")
    page.keyboard.press("p")
    here.locator("[data-chart-plot]").focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    at = here.locator("[data-tip-time]").inner_text()
    expect(here.locator("[data-tip-value='0']")).to_have_text(re.compile("40"))
    expect(there.locator("[data-tip-value='0']")).to_be_hidden()
    assert re.fullmatch(r"\d\d:\d\d:\d\d", at)
    expect(there.locator("[data-tip-time]")).to_have_text(at)
    expect(page.locator("#announcements")).to_contain_text(f"{at}: People 40")
    page.keyboard.press("ArrowLeft")
    expect(there.locator("[data-tip-time]")).not_to_have_text(at)
    page.keyboard.press("Escape")
    expect(there.locator("[data-chart-tip]")).to_be_hidden()


def test_single_keys_can_be_turned_off_and_stay_so(windows):
    page = windows.of("keyless", "/dashboard/shelf/")
    page.keyboard.press("?")
    page.uncheck("[data-keys-on]")
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    windows.go(page, "/dashboard/shelf/")
    page.keyboard.press("p")
    expect(page.locator("[data-pause]")).to_have_attribute("aria-pressed", "false")
    page.click("[data-pause]")
    expect(page.locator("[data-pause]")).to_have_attribute("aria-pressed", "true")


def test_a_chart_is_told_in_words(windows):
    page = windows.of("ada", "/dashboard/lab/")
    chart(page, "people")
    described = page.evaluate("""() => {
      const plot = document.querySelector("[data-panel='chart:people'] [data-chart-plot]");
      return document.getElementById(plot.getAttribute("aria-describedby")).innerText;
    }""")
    assert re.search(r"The last 5 minutes\. People: latest [\d,]+, least [\d,]+, most [\d,]+\.", described)


def test_a_table_is_sorted_by_mouse_and_by_keyboard(windows):
    page = windows.of("ada", "/dashboard/lab/")
    rooms = panel(page, "table:rooms")

    def names() -> list[str]:
        return [row[0] for row in table_rows(rooms)]

    members = rooms.locator("[data-column=members]")
    assert names() == ["general", "random", "support"]
    members.locator("button").click()
    expect(members).to_have_attribute("aria-sort", "descending")
    assert names() == ["general", "support", "random"]
    page.keyboard.press("Enter")
    expect(members).to_have_attribute("aria-sort", "ascending")
    assert names() == ["random", "support", "general"]
    page.keyboard.press("Enter")
    expect(members).to_have_attribute("aria-sort", "none")
    since = rooms.locator("[data-column=since]")
    since.locator("button").focus()
    page.keyboard.press("Enter")
    assert names() == ["random", "general", "support"]


# --- arranging ------------------------------------------------------------------------------------


def test_what_is_hidden_and_moved_is_so_after_a_reload_and_for_oneself_alone(windows):
    page = windows.of("arranges", "/dashboard/lab/")
    page.set_viewport_size(DESK)
    page.keyboard.press("a")
    panel(page, "tile:memory").locator("[data-panel-hide]").click()
    expect(panel(page, "tile:memory")).to_be_hidden()
    expect(page.locator("[data-bring='tile:memory']")).to_be_focused()
    handle = panel(page, "chart:chart_1").locator("[data-panel-handle]")
    handle.focus()
    with page.expect_response(lambda answer: "/arrangement/" in answer.url and answer.ok):
        page.keyboard.press("ArrowLeft")
    expect(handle).to_be_focused()
    page.keyboard.press("Escape")
    assert order(page, "charts")[:2] == ["chart:chart_1", "chart:people"]

    windows.go(page, "/dashboard/lab/")
    expect(panel(page, "tile:memory")).to_be_hidden()
    assert order(page, "charts")[:2] == ["chart:chart_1", "chart:people"]
    other = windows.of("ada", "/dashboard/lab/")
    expect(panel(other, "tile:memory")).to_be_visible()

    page.keyboard.press("a")
    with page.expect_response(lambda answer: "/arrangement/" in answer.url and answer.ok):
        page.click("[data-arrange-reset]")
    windows.go(page, "/dashboard/lab/")
    expect(panel(page, "tile:memory")).to_be_visible()
    assert order(page, "charts")[0] == "chart:people"


def test_a_panel_is_dragged_to_its_place(windows):
    page = windows.of("drags", "/dashboard/lab/")
    page.set_viewport_size(DESK)
    page.click("[data-board-menu]")
    page.click("#board-menu [data-arrange]")
    assert order(page, "tiles")[:3] == ["tile:people", "tile:latency", "tile:memory"]
    panel(page, "tile:people").locator("[data-panel-handle]").hover()
    page.mouse.down()
    box = panel(page, "tile:memory").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.8, steps=8)
    with page.expect_response(lambda answer: "/arrangement/" in answer.url and answer.ok):
        page.mouse.up()
    assert order(page, "tiles")[:3] == ["tile:latency", "tile:memory", "tile:people"]


def test_with_every_panel_hidden_the_page_says_how_to_get_them_back(windows):
    page = windows.of("hides", "/dashboard/shelf/")
    page.keyboard.press("a")
    for name in ("tile:sold", "chart:sold"):
        panel(page, name).locator("[data-panel-hide]").click()
    page.click("[data-arrange-done]")
    page.get_by_role("button", name="Bring some back").click()
    page.click("[data-bring='tile:sold']")
    expect(panel(page, "tile:sold").locator("[data-panel-handle]")).to_be_focused()


# --- on a wall, on a phone ------------------------------------------------------------------------


def test_the_wall_view_shows_nothing_but_the_panels_and_is_left_again(windows):
    page = windows.of("ada", "/dashboard/lab/")
    page.set_viewport_size(DESK)
    page.keyboard.press("f")
    expect(page.locator("[data-side]")).to_be_hidden()
    expect(page.locator("[data-ranges]")).to_be_hidden()
    expect(value(page, "people")).to_be_visible()
    page.click("[data-wall-out]")
    expect(page.locator("[data-side]")).to_be_visible()

    windows.go(page, "/dashboard/lab/?tv=1")
    expect(page.locator("[data-side]")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator("[data-side]")).to_be_visible()
    assert "tv=1" not in page.url


def test_on_a_phone_nothing_reaches_beyond_the_edge_and_the_window_does_not_scroll(windows):
    page = windows.of("ada", "/dashboard/lab/", viewport=PHONE, has_touch=True)
    chart(page, "people")
    page.locator("[data-board]").evaluate("(board) => board.scrollTo(0, board.scrollHeight)")
    beyond = [found for found in page.evaluate(BEYOND_THE_EDGE, PHONE["width"]) if "data-table" not in found]
    # A wide table scrolls in its own frame.
    assert [
        found
        for found in beyond
        if not found.startswith(
            ("<th", "<td", "<tr", "<thead", "<tbody", '<button class="data-table', "<span", "<svg", "<path", "<use")
        )
    ] == []
    assert page.evaluate("document.documentElement.scrollHeight") == PHONE["height"]


# --- when it goes wrong ---------------------------------------------------------------------------


def test_a_source_that_fails_is_shown_as_stale_with_its_age_and_recovers(windows, world):
    page = windows.of("ada", "/dashboard/lab/")
    expect(page.locator("[data-live-words]")).to_have_text("Live")
    world(fails=True)
    notice = page.locator("[data-stale-notice]")
    expect(notice).to_contain_text("could not be computed", timeout=TICK_MS)
    expect(page.locator("[data-live-words]")).to_have_text(re.compile(r"3\ss old"), timeout=8_000)
    expect(page.locator("[data-live-words]")).to_have_text(re.compile(r"5\ss old"))
    world(fails=False)
    expect(notice).to_be_hidden(timeout=TICK_MS)
    expect(page.locator("[data-live-words]")).to_have_text("Live")


def test_while_the_server_is_dead_values_grow_old_and_when_it_is_back_they_are_live(
    browser: Browser, start_chorus: StartChorus
):
    server = start_chorus("serve", DJANGO_SETTINGS_MODULE=LAB)
    windows = Windows(browser, Site(server, ""))
    page = windows.of("ada", "/dashboard/lab/")
    chart(page, "people")
    server.kill()
    expect(page.locator("[data-connection]")).to_contain_text("Reconnecting", timeout=10_000)
    expect(page.locator("[data-stale-notice]")).to_contain_text("Nothing came for a while", timeout=10_000)
    first = page.locator("[data-live-words]").inner_text()
    expect(page.locator("[data-live-words]")).not_to_have_text(first)
    assert re.fullmatch(r"\d+\ss old", page.locator("[data-live-words]").inner_text())
    expect(value(page, "people")).to_have_text("40")
    server.run()
    change(server, people=55.0)
    expect(value(page, "people")).to_have_text("55", timeout=30_000)
    expect(page.locator("[data-live-words]")).to_have_text("Live")
    expect(page.locator("[data-stale-notice]")).to_be_hidden()
    windows.close()
    assert windows.errors == []


def test_a_killed_worker_is_late_on_the_page_and_then_gone_from_it(
    browser: Browser, start_chorus: StartChorus, start_redis: Callable[[], RedisServer]
):
    # A Redis of its own: processes are those of all who share one.
    server = start_chorus("cluster", DJANGO_SETTINGS_MODULE=LAB, REDIS_URL=start_redis().url)
    told = re.search(r"Password: (\S+)", manage(server.variables, "demo"))
    assert told is not None
    windows = Windows(browser, Site(server, told[1]))
    page = windows.of("staff", "/dashboard/processes/")
    rows = panel(page, "table:rows").locator("tbody tr")
    expect(rows).to_have_count(2, timeout=10_000)
    process, _, pid = table_rows(panel(page, "table:rows"))[0][:3]
    os.kill(int(pid), signal.SIGKILL)
    killed = rows.filter(has_text=process)
    expect(killed).to_contain_text("late", timeout=15_000)
    expect(value(page, "late")).to_have_text("1")
    expect(killed).to_have_count(0, timeout=30_000)
    windows.close()
    assert windows.errors == []


def test_history_that_cannot_be_had_is_said_and_asked_for_again(windows):
    page = windows.of("ada")
    page.route("**/history/**", lambda route: route.abort())
    windows.go(page, "/dashboard/lab/")
    expect(page.locator("[data-history-notice]")).to_be_visible()
    page.unroute("**/history/**")
    page.locator("[data-history-retry]").dispatch_event("click")
    expect(page.locator("[data-history-notice]")).to_be_hidden(timeout=TICK_MS)
    chart(page, "people").locator("[data-chart-toggle]").click()
    assert len(table_rows(panel(page, "chart:people"))) > 50


def test_a_limit_that_is_passed_is_shown_on_top_on_its_tile_and_on_the_desktop(windows, world):
    page = windows.of("ada")
    page.add_init_script("""
      window.told = [];
      window.Notification = class extends EventTarget {
        static permission = "granted";
        static requestPermission = async () => "granted";
        constructor(title, { body }) { super(); window.told.push(`${title}: ${body}`); }
        close() {}
      };
    """)
    windows.go(page, "/dashboard/lab/")
    expect(page.locator("[data-alerts]")).to_be_hidden()
    page.click("[data-board-menu]")
    page.click("[data-notify]")
    expect(page.locator("[data-notify]")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    page.evaluate("Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true })")
    world(latency=640.5)
    page.wait_for_function("() => window.told.length > 0", timeout=TICK_MS)
    assert page.evaluate("window.told[0]").startswith("Lab: Latency is 640.5")
    page.evaluate("""() => {
      Reflect.deleteProperty(document, "visibilityState");
      document.dispatchEvent(new Event("visibilitychange"));
    }""")
    alert = page.locator(".alert[data-severity=critical]")
    expect(alert).to_contain_text("Latency is 640.5\N{NO-BREAK SPACE}ms, above 500\N{NO-BREAK SPACE}ms")
    expect(panel(page, "tile:latency")).to_have_attribute("data-severity", "critical")
    alert.locator("a").click()
    expect(panel(page, "tile:latency")).to_be_in_viewport()
    windows.go(page, "/dashboard/lab/")
    expect(page.locator(".alert[data-severity=critical] a")).to_have_attribute("href", "#panel-tile-latency")
    world(latency=42.0)
    expect(page.locator("[data-alerts]")).to_be_hidden(timeout=TICK_MS)


# --- who, and everybody ---------------------------------------------------------------------------


def test_the_list_shows_what_one_may_see_with_live_values(windows, world):
    page = windows.of("ada", "/")
    page.click("nav >> text=Dashboards")
    titles = page.locator(".board-card__title").all_inner_texts()
    assert {"Lab", "Shelf"} <= set(titles)
    assert "Overview" not in titles
    world(people=63.0)
    expect(page.locator("[data-card=lab] [data-card-number=people]")).to_have_text("63", timeout=TICK_MS)
    page.click("text=Lab")
    expect(page.locator("h1")).to_have_text("Lab")
    hidden = page.request.get("/dashboard/alerts/")
    missing = page.request.get("/dashboard/no-such/")
    assert (hidden.status, missing.status) == (404, 404)
    staff = windows.of("staff", "/dashboard/")
    assert "Alerts" in staff.locator(".board-card__title").all_inner_texts()


def test_axe_finds_nothing_on_the_dashboards(windows, world):
    page = windows.of("ada", "/dashboard/")
    assert complaints(page) == []
    world(latency=640.5)
    windows.go(page, "/dashboard/lab/")
    expect(page.locator(".alert").first).to_be_visible(timeout=TICK_MS)
    chart(page, "people")
    assert complaints(page) == []
    world(fails=True)
    expect(page.locator("[data-stale-notice]")).to_be_visible(timeout=TICK_MS)
    page.keyboard.press("t")
    page.keyboard.press("a")
    assert complaints(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#dashboard-keys")).to_be_visible()
    assert complaints(page) == []
