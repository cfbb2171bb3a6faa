"""Who is here, as people see it: two tabs, a reload, away and back, invisible, typing, and last seen."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.windows import Windows, message, room

GRACE_MS = 2_500
GONE_WITHIN_MS = GRACE_MS + 4_000


def open_people(page: Page) -> None:
    if page.locator("[data-people]").get_attribute("data-open") is None:
        page.click("[data-people-toggle]")
    expect(page.locator("[data-people-list]")).to_be_visible()


def person(page: Page, name: str) -> Locator:
    return page.locator(".person", has=page.locator("[data-field=name]", has_text=re.compile(f"^{name}$")))


def status(page: Page, name: str, expected: str, timeout_ms: int = 5_000) -> None:
    expect(person(page, name)).to_have_attribute("data-status", expected, timeout=timeout_ms)


def choose(page: Page, choice: str) -> None:
    page.click("[data-status-button]")
    page.click(f"[data-choice={choice}]")
    expect(page.locator("[data-status-button]")).to_have_attribute("data-chosen", choice)


def two(windows: Windows, first: str, second: str) -> tuple[Page, Page, str]:
    """A watcher whose panel is open, another one in the same room, and its address."""
    watcher, other = windows.of(first), windows.of(second)
    path = f"/rooms/{room(watcher, second)}/"
    windows.go(watcher, path)
    windows.go(other, path)
    open_people(watcher)
    status(watcher, second, "online")
    return watcher, other, path


def test_two_tabs_are_one_person_who_leaves_with_the_last_of_them(windows):
    watcher, tab, path = two(windows, "ada", "bob")
    expect(watcher.locator("[data-people-count]")).to_have_text("2")
    another = tab.context.new_page()
    windows.go(another, path)
    expect(watcher.locator("[data-people-count]")).to_have_text("2")
    expect(person(watcher, "bob")).to_have_count(1)
    tab.close()
    watcher.wait_for_timeout(GRACE_MS + 1_500)
    status(watcher, "bob", "online")
    another.close()
    status(watcher, "bob", "offline", GONE_WITHIN_MS)
    expect(watcher.locator("[data-people-count]")).to_have_text("1")
    expect(person(watcher, "bob")).to_contain_text("last seen")


def test_a_reload_makes_nobody_blink(windows):
    watcher, reloads, _ = two(windows, "ada", "bob")
    watcher.evaluate(
        """() => {
          window.seen = [];
          const total = document.querySelector("[data-people-group=offline] [data-people-total]");
          const watched = { subtree: true, childList: true, characterData: true };
          new MutationObserver(() => window.seen.push(total.textContent))
            .observe(document.querySelector("[data-people]"), watched);
        }"""
    )
    for _ in range(2):
        reloads.reload()
        reloads.wait_for_function("document.documentElement.dataset.scripted !== undefined")
    watcher.wait_for_timeout(GRACE_MS + 500)
    status(watcher, "bob", "online")
    assert set(watcher.evaluate("window.seen")) <= {"", "0"}


def test_who_has_not_touched_anything_for_five_minutes_is_away_and_then_back(windows):
    watcher, rests, path = two(windows, "ada", "bob")
    rests.clock.install()
    windows.go(rests, path)
    status(watcher, "bob", "online")
    rests.clock.fast_forward("05:30")
    status(watcher, "bob", "away")
    expect(watcher.locator("[data-people-group=away] .person")).to_have_count(1)
    rests.mouse.move(200, 200)
    rests.mouse.move(220, 210)
    status(watcher, "bob", "online")


def test_what_one_chose_is_seen_by_others_and_the_invisible_by_nobody(windows):
    watcher, chooser, path = two(windows, "ada", "bob")
    choose(chooser, "dnd")
    status(watcher, "bob", "dnd")
    expect(person(watcher, "bob")).to_contain_text("do not disturb")
    choose(chooser, "invisible")
    status(watcher, "bob", "offline")
    expect(watcher.locator("[data-people-count]")).to_have_text("1")
    # It stays so in the next window, and typing gives nobody away.
    windows.go(chooser, path)
    expect(chooser.locator("[data-status-button]")).to_have_attribute("data-chosen", "invisible")
    chooser.type("#composer-text", "nobody sees me write this")
    watcher.wait_for_timeout(1_500)
    expect(watcher.locator("[data-typing]")).to_have_text("")
    status(watcher, "bob", "offline")
    choose(chooser, "auto")
    status(watcher, "bob", "online")


def test_typing_is_seen_ends_by_itself_and_with_the_message(windows):
    reader, writer, _ = two(windows, "ada", "bob")
    line = reader.locator("[data-typing]")
    writer.type("#composer-text", "Well")
    expect(line).to_have_text("bob is typing")
    expect(line).to_have_text("", timeout=8_000)
    writer.type("#composer-text", ", then")
    expect(line).to_have_text("bob is typing")
    writer.press("#composer-text", "Enter")
    expect(message(reader, "Well, then")).to_be_visible()
    expect(line).to_have_text("", timeout=1_000)


def test_a_list_of_rooms_says_where_people_are(windows):
    watcher, _, path = two(windows, "ada", "bob")
    windows.go(watcher, "/")
    slug = path.removeprefix("/rooms/").removesuffix("/")
    people = watcher.locator(f".room-item[data-slug={slug}] [data-field=people]")
    expect(people).to_be_visible()
    # Who left the room for the list is still in their grace; the numbers are asked for again later.
    expect(people).to_contain_text("1", timeout=30_000)


def test_on_a_phone_the_people_are_a_drawer_that_gives_the_page_back(windows):
    owner = windows.of("ada")
    windows.of("bob").close()  # so that there is somebody of that name
    path = f"/rooms/{room(owner, 'bob')}/"
    phone = windows.of("bob", path, viewport={"width": 390, "height": 844}, has_touch=True)
    expect(phone.locator("[data-people]")).to_be_hidden()
    phone.click("[data-people-toggle]")
    status(phone, "bob", "online")
    assert phone.locator("#main").evaluate("main => main.inert")
    phone.keyboard.press("Escape")
    expect(phone.locator("[data-people]")).to_be_hidden()
    expect(phone.locator("[data-people-toggle]")).to_be_focused()
    # On a phone Enter begins a line.
    phone.fill("#composer-text", "the page is there again")
    phone.click("[data-composer-send]")
    expect(message(phone, "the page is there again")).to_be_visible()


def test_people_that_could_not_be_loaded_can_be_asked_for_again(windows):
    page = windows.of("ada")
    path = f"/rooms/{room(page)}/"
    failing = [True]
    page.route("**/members/", lambda route: route.abort() if failing[0] else route.continue_())
    windows.go(page, path)
    page.click("[data-people-toggle]")
    expect(page.locator("[data-people-error]")).to_be_visible()
    failing[0] = False
    page.click("[data-people-retry]")
    status(page, "ada", "online")
