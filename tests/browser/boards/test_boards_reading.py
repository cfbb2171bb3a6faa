"""Dashboards as people read and arrange them: crosshair, keys, tables, panels, on a wall and on a phone."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.boards.boards import chart, order, panel, table_rows, value
from tests.browser.test_accessibility import DESK, PHONE
from tests.browser.test_pages import BEYOND_THE_EDGE


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
