"""The frame around the rooms: the list of all rooms, the drawer, the theme, log-in, and a quiet console."""

from __future__ import annotations

import uuid

from playwright.sync_api import expect

from tests.browser.windows import api, room

PHONE = {"width": 390, "height": 844}
BEYOND_THE_EDGE = """(width) => [document.documentElement, ...document.querySelectorAll("main *")]
  .filter((element) => element.checkVisibility() && element.getBoundingClientRect().right > width + 1)
  .map((element) => element.outerHTML.slice(0, 200))"""


def test_a_taken_address_is_told_at_its_field_with_one_that_is_free(windows):
    page = windows.of("ada")
    name = f"Tea {uuid.uuid4().hex[:6]}"
    slug = name.lower().replace(" ", "-")
    for attempt in range(3):
        windows.go(page, "/")
        page.click("main [data-open-dialog=room-create]")
        page.fill("#create-name", name)
        page.press("#create-name", "Enter")
        if attempt > 0:
            free = f"{slug}-{attempt + 1}"
            expect(page.locator("[data-field-error=slug]")).to_have_text(f"“{slug}” is taken; “{free}” is free.")
            expect(page.locator("#create-slug")).to_have_value(free)
            expect(page.locator("#create-slug")).to_be_focused()
            page.keyboard.press("Enter")
        page.wait_for_url(f"**/rooms/{slug}{'' if attempt == 0 else f'-{attempt + 1}'}/")
        expect(page.locator("[data-timeline-empty]")).to_contain_text("Nothing written yet")


def test_search_narrows_the_list_of_rooms_and_says_when_nothing_is_left(windows):
    page = windows.of("demo")
    page.fill("[data-directory-search]", "coffee")
    expect(page.locator("main .directory-item:visible")).to_have_count(1)
    page.fill("[data-directory-search]", "no such room")
    expect(page.locator("[data-directory-none]")).to_be_visible()
    expect(page.locator("main .directory-item:visible")).to_have_count(0)


def test_a_full_room_says_so_wherever_one_tries_to_get_in(windows):
    page = windows.of("ada")
    page.click("main [data-slug=general] button")
    expect(page.locator("main .notice--error")).to_have_text("This room has the 8 members it may have.")
    windows.go(page, "/rooms/general/")
    page.click("[data-join] button")
    expect(page.locator("[data-toast]")).to_have_text("This room has the 8 members it may have.")
    slug = room(page)
    windows.go(page, f"/rooms/{slug}/")
    page.click("[data-room-menu]")
    page.click("[data-open-dialog=room-invite] >> visible=true")
    page.fill("#invite-username", "nobody-of-that-name")
    page.press("#invite-username", "Enter")
    expect(page.locator("[data-field-error=username]")).not_to_be_empty()
    page.fill("#invite-username", "guest")
    page.press("#invite-username", "Enter")
    expect(page.locator("#room-invite [data-form-done]")).to_have_text("guest is in now.")


def test_the_drawer_opens_closes_and_keeps_the_focus_on_a_phone(windows):
    page = windows.of("demo", "/rooms/general/", viewport=PHONE)
    side = page.locator("#side")
    expect(side).not_to_be_in_viewport()
    page.click("[data-drawer-open]")
    expect(side).to_be_in_viewport()
    expect(page.locator("[data-drawer-close]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(side).not_to_be_in_viewport()
    expect(page.locator("[data-drawer-open]")).to_be_focused()
    page.click("[data-drawer-open]")
    page.click("#side [data-slug=random] a")
    page.wait_for_url("**/rooms/random/")
    expect(page.locator("h1")).to_have_text("Random")
    expect(side).not_to_be_in_viewport()


def test_no_page_is_wider_than_the_window(windows):
    member, stranger = windows.of("demo"), windows.anonymous().new_page()
    pages = [(member, "/"), (member, "/rooms/general/"), (member, "/no-such-page/"), (stranger, "/login/")]
    for page, path in [*pages, (stranger, "/signup/")]:
        page.goto(path)
        for width in (390, 820, 1440):
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate(BEYOND_THE_EDGE, width) == [], (path, width)


def test_the_theme_is_remembered_and_comes_with_the_first_paint(windows):
    page = windows.of("theme-chooser", color_scheme="light")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(ground)
    page.click("[data-theme-switch] [value=dark]")
    dark = page.evaluate(ground)
    assert dark != light
    # Without its scripts, the server alone decides.
    plain = windows.anonymous(storage_state=page.context.storage_state(), java_script_enabled=False).new_page()
    plain.goto("/")
    expect(plain.locator("html")).to_have_attribute("data-theme", "dark")
    windows.go(page, "/")
    assert page.evaluate(ground) == dark
    page.click("[data-theme-switch] [value=system]")
    assert page.evaluate(ground) == light


def test_without_scripts_one_logs_in_reads_and_writes(windows, site):
    page = windows.anonymous(java_script_enabled=False).new_page()
    page.goto("/rooms/random/")
    page.fill("[name=username]", "guest")
    page.fill("[name=password]", site.password)
    page.press("[name=password]", "Enter")
    expect(page.locator("h1")).to_have_text("Random")
    page.fill("#composer-text", "written without a script")
    page.click("[data-composer-send]")
    expect(page.locator(".message").last).to_contain_text("written without a script")


def test_icon_and_addresses_of_every_page_are_there_and_its_policy_allows_them(windows):
    """Errors of a console fail any test here; this one looks at what a console does not tell."""
    page = windows.of("staff")
    lost: list[str] = []
    page.on("response", lambda answer: answer.status >= 400 and lost.append(f"{answer.status} {answer.url}"))
    for path in ("/", "/rooms/support/", "/admin/chat/room/", "/api/docs/"):
        page.goto(path, wait_until="load")
        icon = page.locator("link[rel~=icon]").first.get_attribute("href")
        assert page.request.get(icon).ok
        assert "script-src" in page.request.get(path).headers["content-security-policy"]
    assert lost == []
    assert api(windows.of("staff"), "GET", "rooms/support/")["slug"] == "support"
