"""Writing in a room: keys, drafts, limits, what one's own messages may become, and how text is shown."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.windows import api, message, room, write

COMPOSER = "#composer-text"
SEND = "[data-composer-send]"


def text_of(page: Page, index: int = -1) -> str:
    return page.locator(".message [data-field=text]").nth(index).inner_html()


def two_in_a_room(windows) -> tuple[Page, Page, str]:
    """ada's window and bob's in a room of theirs, and its slug."""
    ada, bob = windows.of("ada"), windows.of("bob")
    slug = room(ada, "bob")
    for page in (ada, bob):
        windows.go(page, f"/rooms/{slug}/")
    return ada, bob, slug


def test_keys_send_break_lines_edit_the_last_and_cancel(windows):
    page = windows.of("ada")
    slug = room(page)
    windows.go(page, f"/rooms/{slug}/")
    composer = page.locator(COMPOSER)
    composer.click()
    page.keyboard.type("first line")
    height = composer.bounding_box()["height"]
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("second line")
    assert composer.bounding_box()["height"] > height
    page.keyboard.press("Enter")
    expect(composer).to_have_value("")
    expect(message(page, "first line")).to_contain_text("second line")
    expect(page.locator(".message")).to_have_attribute("data-state", "kept")
    page.keyboard.type("   ")
    page.keyboard.press("Enter")
    expect(page.locator(".message")).to_have_count(1)

    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.press("ArrowUp")
    expect(composer).to_have_value("first line\nsecond line")
    expect(page.locator(".message[data-editing]")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(composer).to_have_value("")
    expect(page.locator(".message[data-editing]")).to_have_count(0)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("End")
    page.keyboard.type(", mended")
    page.keyboard.press("Enter")
    expect(page.locator(".message")).to_have_count(1)
    expect(message(page, "second line, mended")).to_contain_text("edited")


def test_one_edits_and_deletes_ones_own_messages_and_nobody_elses(windows):
    ada, bob, _ = two_in_a_room(windows)
    write(ada, "by ada")
    message(bob, "by ada").hover()
    bar = "[data-message-actions]"
    expect(bob.locator(f"{bar} [data-action=copy]")).to_be_visible()
    expect(bob.locator(f"{bar} [data-action=edit]")).to_be_hidden()
    expect(bob.locator(f"{bar} [data-action=delete]")).to_be_hidden()

    message(ada, "by ada").hover()
    ada.click(f"{bar} [data-action=edit]")
    ada.fill(COMPOSER, "by ada, twice")
    ada.press(COMPOSER, "Enter")
    expect(message(bob, "by ada, twice")).to_contain_text("edited")
    message(ada, "by ada").hover()
    ada.click(f"{bar} [data-action=delete]")
    ada.click("#message-delete [data-dialog-close]")
    expect(message(bob, "by ada, twice")).to_be_visible()
    message(ada, "by ada").hover()
    ada.click(f"{bar} [data-action=delete]")
    ada.click("#message-delete button[value=delete]")
    for page in (ada, bob):
        expect(message(page, "Message deleted")).to_be_visible()
        expect(message(page, "by ada")).to_have_count(0)


def test_somebody_elses_message_is_reported_and_staff_see_it_in_the_admin(windows):
    ada, bob, slug = two_in_a_room(windows)
    write(ada, "buy my bicycle")
    bar, dialog, toast = "[data-message-actions]", bob.locator("#message-report"), bob.locator("[data-toast]")
    message(ada, "buy my bicycle").hover()
    expect(ada.locator(f"{bar} [data-action=copy]")).to_be_visible()
    expect(ada.locator(f"{bar} [data-action=report]")).to_be_hidden()

    message(bob, "buy my bicycle").hover()
    bob.click(f"{bar} [data-action=report]")
    expect(dialog.locator("[data-about]")).to_have_text("buy my bicycle")
    expect(dialog.locator("[data-about-author]")).to_have_text("ada")
    expect(bob.get_by_label("Spam")).to_be_checked()
    bob.get_by_label("Something else").check()
    bob.fill("#message-report [name=note]", f"It is mine, in {slug}.")
    dialog.get_by_role("button", name="Report").click()
    expect(dialog).to_be_hidden()
    expect(toast).to_contain_text("Staff will look at it")

    message(bob, "buy my bicycle").hover()
    bob.click(f"{bar} [data-action=report]")
    expect(bob.get_by_label("Spam")).to_be_checked()
    expect(bob.locator("#message-report [name=note]")).to_have_value("")
    dialog.get_by_role("button", name="Report").click()
    expect(toast).to_contain_text("reported this before")

    staff = windows.of("staff")
    staff.goto(f"/admin/chat/report/?q={slug}")
    row = staff.locator("#result_list tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("buy my bicycle")
    expect(row).to_contain_text("something else")
    row.get_by_role("link").first.click()
    expect(staff.locator("#content-main")).to_contain_text(f"It is mine, in {slug}.")
    staff.get_by_role("button", name="Delete the message").click()
    expect(message(bob, "Message deleted")).to_be_visible()
    expect(message(ada, "Message deleted")).to_be_visible()
    expect(staff.get_by_text("1 deleted.")).to_be_visible()


def test_a_draft_stays_over_a_reload_and_goes_with_the_log_out(windows):
    page = windows.of("draft-keeper")
    slug = room(page)
    windows.go(page, f"/rooms/{slug}/")
    page.fill(COMPOSER, "half a thou")
    page.reload()
    expect(page.locator(COMPOSER)).to_have_value("half a thou")
    page.click("[data-log-out] button")
    page.wait_for_url("**/login/")
    assert page.evaluate("Object.keys(localStorage).filter((name) => name.includes('draft'))") == []


def test_the_limit_of_a_text_is_counted_before_it_is_reached_and_holds(windows):
    page = windows.of("ada")
    windows.go(page, f"/rooms/{room(page)}/")
    count = page.locator("[data-composer-count]")
    page.fill(COMPOSER, "x" * 3599)
    expect(count).to_be_hidden()
    # Characters as people count them, not as a browser stores them.
    page.fill(COMPOSER, "😀" * 3700)
    expect(count).to_have_text("300 left")
    page.fill(COMPOSER, "x" * 4001)
    expect(count).to_have_text("1 too many")
    expect(page.locator(SEND)).to_have_attribute("aria-disabled", "true")
    page.press(COMPOSER, "Enter")
    expect(page.locator(COMPOSER)).to_have_value("x" * 4001)
    page.fill(COMPOSER, "x" * 4000)
    page.press(COMPOSER, "Enter")
    expect(page.locator(".message[data-state=kept]")).to_have_count(1)


def test_text_is_marked_up_never_html_and_never_wider_than_a_phone(windows):
    page = windows.of("ada", viewport={"width": 390, "height": 844})
    slug = room(page)
    windows.go(page, f"/rooms/{slug}/")
    long_word, long_text = "w" * 300, " ".join(["word"] * 800)[:4000]
    told = {
        "**bold** and *leaning*, `code <b>`": "<strong>bold</strong> and <em>leaning</em>, <code>code &lt;b&gt;</code>",
        "> quoted\n\n- one\n- two": "<blockquote",
        "<img src=x onerror=alert(1)><script>alert(2)</script>": "&lt;img src=x onerror=alert(1)&gt;&lt;script&gt;",
        "[click](javascript:alert(1))": "[click](javascript:alert(1))",
        "see https://example.org/a?b=c": 'href="https://example.org/a?b=c"',
        "שלום עולם, this is Hebrew": "שלום עולם",
        f"```\n{'c' * 400}\n```": "<pre",
        long_word: long_word,
        long_text: long_text[:50],
    }
    for text in told:
        api(page, "POST", f"rooms/{slug}/messages/", {"text": text}, status=201)
    expect(page.locator(".message")).to_have_count(len(told))

    def check():
        for index, html in enumerate(told.values()):
            assert html in text_of(page, index)
        link = page.locator(".markup a")
        assert "noopener" in link.get_attribute("rel")
        assert link.get_attribute("target") == "_blank"
        assert page.locator(".markup :is(img, script)").count() == 0
        hebrew = page.locator(".message p", has_text="Hebrew")
        assert hebrew.evaluate("(text) => getComputedStyle(text).direction") == "rtl"
        for part in ("document.documentElement", "document.querySelector('[data-timeline-scroll]')"):
            assert page.evaluate(f"{part}.scrollWidth - {part}.clientWidth") <= 0

    # As it arrives, drawn here; then as the server writes it.
    check()
    windows.go(page, f"/rooms/{slug}/")
    expect(page.locator(".message")).to_have_count(len(told))
    check()


def test_slow_mode_counts_down_and_an_archived_room_says_why_nobody_writes(windows):
    owner, member = windows.of("ada"), windows.of("bob")
    slug = room(owner, "bob", slow_mode_s=30)
    windows.go(member, f"/rooms/{slug}/")
    write(member, "the one for now")
    note = member.locator("[data-composer-note]")
    expect(note).to_have_text(re.compile(r"^Slow mode: you can send in (29|30) s$"))
    expect(note).to_have_text(re.compile(r" (27|28) s$"))
    expect(member.locator(SEND)).to_have_attribute("aria-disabled", "true")
    write(member, "too soon")
    expect(member.locator(".message")).to_have_count(1)
    api(owner, "PATCH", f"rooms/{slug}/", {"slow_mode_s": 0})
    expect(note).to_have_text("")
    member.press(COMPOSER, "Enter")
    expect(message(member, "too soon")).to_have_attribute("data-state", "kept")

    api(owner, "PATCH", f"rooms/{slug}/", {"archived": True})
    closed = member.locator("[data-composer-closed]")
    expect(closed).to_contain_text("This room is archived")
    expect(member.locator(COMPOSER)).to_be_hidden()
    expect(member.locator("[data-room-field=archived]")).to_be_visible()
    windows.go(member, f"/rooms/{slug}/")
    expect(closed).to_contain_text("This room is archived")
