"""Everybody can use the pages: axe-core finds nothing to complain of, and the keyboard reaches everything."""

from __future__ import annotations

import itertools
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.windows import message, room, write

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
# A colour on its way to another has no contrast to speak of.
SETTLED = """new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
  .then(() => Promise.all(document.getAnimations().map(({ finished }) => finished)))"""
RUN = """axe.run({ resultTypes: ["violations"] })
  .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`)))"""
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}


def complaints(page: Page) -> list[str]:
    """What axe-core finds on the page as it stands, in light and dark, on a phone and on a desk."""
    page.evaluate(AXE.read_text())
    found = []
    for viewport, scheme in itertools.product((PHONE, DESK), ("light", "dark")):
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=scheme)
        page.evaluate(SETTLED)
        found += [f"{page.url} {viewport['width']} {scheme} {rule}" for rule in page.evaluate(RUN)]
    return found


def test_axe_finds_nothing_on_log_in_and_sign_up_with_and_without_faults(windows):
    page = windows.anonymous().new_page()
    for path in ("/login/", "/signup/"):
        page.goto(path)
        assert complaints(page) == []
        page.locator("main form button").click()
        expect(page.locator("[aria-invalid=true]").first).to_be_visible()
        assert complaints(page) == []


def test_axe_finds_nothing_on_the_list_of_rooms_and_in_its_dialog(windows):
    page = windows.of("demo", "/")
    assert complaints(page) == []
    page.click("[data-open-dialog=room-create] >> visible=true")
    assert complaints(page) == []


def test_axe_finds_nothing_in_a_room_with_a_message_in_focus_and_the_menu_open(windows):
    page = windows.of("demo", "/rooms/general/")
    message(page, "").last.focus()
    page.click("[data-room-menu]")
    assert complaints(page) == []


def test_axe_finds_nothing_among_the_people_of_a_room_and_in_the_choice_of_a_status(windows):
    page = windows.of("demo", "/rooms/general/")
    page.set_viewport_size(DESK)
    page.click("[data-people-toggle]")
    expect(page.locator("[data-people-list]")).to_be_visible()
    assert complaints(page) == []
    page.set_viewport_size(DESK)
    page.click("[data-status-button]")
    assert complaints(page) == []


def test_the_keyboard_alone_reads_writes_edits_and_deletes(windows):
    page = windows.of("ada")
    slug = room(page)
    windows.go(page, f"/rooms/{slug}/")
    for text in ("one", "two", "three"):
        write(page, text)
    expect(page.locator(".message[data-state=kept]")).to_have_count(3)

    windows.go(page, f"/rooms/{slug}/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link").first).to_be_focused()
    expect(page.locator(".skip-link").first).to_be_in_viewport()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#composer-text")).to_be_focused()
    page.keyboard.type("four")
    page.keyboard.press("Enter")
    expect(message(page, "four")).to_be_visible()

    # Back from the composer lies the list: one stop, and arrows inside.
    page.locator(".message").last.focus()
    page.keyboard.press("ArrowUp")
    expect(message(page, "three")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("[data-message-actions] [data-action=edit]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#composer-text")).to_have_value("three")
    page.keyboard.type(" or so")
    page.keyboard.press("Enter")
    expect(message(page, "three or so")).to_contain_text("edited")

    message(page, "two").focus()
    page.keyboard.press("Delete")
    expect(page.locator("#message-delete")).to_be_visible()
    expect(page.locator("#message-delete [data-about]")).to_have_text("two")
    page.keyboard.press("Escape")
    expect(message(page, "two")).to_be_focused()
    page.keyboard.press("Delete")
    page.locator("#message-delete button[value=delete]").press("Enter")
    expect(message(page, "Message deleted")).to_be_visible()


def test_between_the_menu_of_a_room_and_its_composer_lie_few_stops(windows):
    page = windows.of("demo", "/rooms/random/")
    page.locator("[data-room-menu]").focus()
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "composer-text":
            break
    expect(page.locator("#composer-text")).to_be_focused()
