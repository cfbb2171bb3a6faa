"""Dashboards when it goes wrong, and who may see which."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable

from playwright.sync_api import Browser, expect

from tests.browser.boards.boards import LAB, TICK_MS, change, chart, panel, table_rows, value
from tests.browser.test_accessibility import complaints
from tests.browser.windows import Site, Windows
from tests.support.chorus import manage
from tests.support.fixtures import StartChorus
from tests.support.redis import RedisServer


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
