"""Reading a room: history without jumps, what is new, and links to one message."""

from __future__ import annotations

import re
import threading

from playwright.sync_api import Page, expect

from tests.browser.windows import api, box_top, message, post_many, room, write

SCROLL = "[data-timeline-scroll]"


def scroll_up(page: Page) -> None:
    page.locator(SCROLL).hover()
    page.mouse.wheel(0, -1500)
    page.wait_for_timeout(150)


def test_history_loads_while_one_scrolls_up_and_nothing_jumps(windows):
    page = windows.of("demo", "/rooms/general/")
    held, waiting = threading.Event(), []
    page.route("**/messages/?*", lambda route: route.continue_() if held.is_set() else waiting.append(route))
    before = page.locator(".message").count()
    while not waiting:
        scroll_up(page)
    first_in_view = page.evaluate(
        """() => {
          const top = document.querySelector("[data-timeline-scroll]").getBoundingClientRect().top;
          return [...document.querySelectorAll(".message")].find((row) => row.getBoundingClientRect().top > top).id;
        }"""
    )
    anchor = page.locator(f"#{first_in_view}")
    stood_at = box_top(anchor)
    held.set()
    waiting[0].continue_()
    expect(page.locator(".message")).not_to_have_count(before)
    assert abs(box_top(anchor) - stood_at) <= 1

    while not page.locator("[data-timeline-start]").is_visible():
        scroll_up(page)
    expect(page.locator("[data-timeline-start]")).to_contain_text("where the room begins")
    # However much was read, the page holds a window of it.
    assert page.locator(".message").count() <= 260
    ids = [int(name) for name in page.locator(".message").evaluate_all("rows => rows.map((row) => row.dataset.id)")]
    assert ids == sorted(set(ids))


def test_who_reads_above_is_told_how_many_are_new_and_jumps_to_them(windows):
    # Somebody of this test's own: the title counts what is unread in all of one's rooms.
    reader, writer = windows.of("nora"), windows.of("bob")
    slug = room(reader, "bob")
    post_many(reader, slug, [f"line {number}" for number in range(25)])
    windows.go(reader, f"/rooms/{slug}/")
    windows.go(writer, f"/rooms/{slug}/")
    expect(message(reader, "line 24")).to_be_in_viewport()
    # At the end it follows.
    write(writer, "seen at once")
    expect(message(reader, "seen at once")).to_be_in_viewport()
    expect(reader.locator("[data-jump]")).to_be_hidden()

    scroll_up(reader)
    for text in ("first unseen", "second unseen"):
        write(writer, text)
    jump = reader.locator("[data-jump]")
    expect(jump).to_have_text("2 new")
    expect(reader).to_have_title(re.compile(r"^\(2\) "))
    expect(message(reader, "first unseen")).not_to_be_in_viewport()
    jump.click()
    expect(message(reader, "second unseen")).to_be_in_viewport()
    expect(jump).to_be_hidden()
    expect(reader.locator(".new-line + .message")).to_contain_text("first unseen")
    expect(reader).not_to_have_title(re.compile(r"^\("))


def test_what_came_while_one_was_away_stands_under_a_line_and_in_title_and_icon(windows):
    writer, reader = windows.of("ada"), windows.of("omar")
    slug = room(writer, "omar")
    windows.go(reader, f"/rooms/{slug}/")
    expect(reader).to_have_title(re.compile("^Room"))
    quiet = reader.locator("link[rel=icon]").get_attribute("href")
    windows.go(reader, "/")
    post_many(writer, slug, ["while you were out", "and another"])
    # The list of all rooms and the side are told of it without a reload.
    expect(reader.locator(f"main [data-slug={slug}] [data-field=unread]")).to_have_text("2 unread")
    expect(reader.locator(f"#side [data-slug={slug}] [data-field=unread]")).to_have_text("2 unread")
    expect(reader).to_have_title("(2) Rooms · Chorus")
    assert reader.locator("link[rel=icon]").get_attribute("href") != quiet

    windows.go(reader, f"/rooms/{slug}/")
    expect(reader.locator(".new-line + .message")).to_contain_text("while you were out")
    expect(reader).to_have_title(re.compile("^Room"))
    assert reader.locator("link[rel=icon]").get_attribute("href") == quiet
    expect(reader.locator(f"#side [data-slug={slug}] [data-field=unread]")).to_be_hidden()
    windows.go(reader, f"/rooms/{slug}/")
    expect(reader.locator(".new-line")).to_have_count(0)


def test_a_link_to_an_old_message_shows_it_marked_and_leads_back_to_the_newest(windows):
    page = windows.of("demo", "/rooms/general/")
    results = api(page, "GET", "rooms/general/messages/?limit=120")["results"]
    newest, old = results[0], results[-1]
    windows.go(page, f"/rooms/general/?message={old['id']}")
    row = page.locator(f"#message-{old['id']}")
    expect(row).to_be_in_viewport()
    expect(row).to_have_attribute("data-found", "")
    expect(row).to_be_focused()
    expect(page.locator(f"#message-{newest['id']}")).to_have_count(0)
    expect(page.locator("[data-jump]")).to_be_visible()
    page.click("[data-jump]")
    expect(page.locator(f"#message-{newest['id']}")).to_be_in_viewport()

    # One that is not there is as good as none.
    windows.go(page, "/rooms/general/?message=999999999")
    expect(page.locator(f"#message-{newest['id']}")).to_be_in_viewport()
