"""What a text and a slug may be, and whom a text names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.texts import WHITE_SPACE, check_slug, check_text, names_in
from realtime.protocol.errors import Invalid


@pytest.mark.parametrize(
    "text", ["a", "a" * 4_000, "😀" * 4_000, " a ", "\u200b", "\x1c", "\x01", "مرحبا", "a\r\nb", "e\u0301", "\ufffe"]
)
def test_any_characters_make_a_text(text: str) -> None:
    check_text(text)


@pytest.mark.parametrize("text", ["", "a" * 4_001, "😀" * 4_001, "a\0", "a\ud800", "\udfffa", "\0" * 9_000])
def test_too_little_too_much_and_what_no_database_takes_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_text(text)
    assert refused.value.field == "text"


@given(st.text(alphabet=WHITE_SPACE, min_size=1, max_size=30))
def test_white_space_alone_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        check_text(text)


def test_white_space_is_what_unicode_calls_white_space() -> None:
    # PropList.txt of Unicode 16, White_Space.
    ranges = [(0x9, 0xD), (0x20, 0x20), (0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A)]
    ranges += [(0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000)]
    assert set(WHITE_SPACE) == {chr(code) for low, high in ranges for code in range(low, high + 1)}


@pytest.mark.parametrize("slug", ["a", "7", "general", "bench-0", "a_b-c", "a" * 64])
def test_a_slug_is_short_plain_and_in_lower_case(slug: str) -> None:
    check_slug(slug)


@pytest.mark.parametrize(
    "slug", ["", "A", "a b", "a/b", "-a", "a-", "_a", "é", "a" * 65, "a\n", "new", "a.b", "a\0", "１"]
)
def test_other_slugs_are_refused(slug: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_slug(slug)
    assert refused.value.field == "slug"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("hello", set()),
        ("@ada", {"ada"}),
        ("hi @ada, @ben!", {"ada", "ben"}),
        ("(@ada)", {"ada"}),
        ("ask @ada.", {"ada.", "ada"}),
        ("@Ada", {"Ada", "ada"}),
        ("ada@example.org", set()),
        ("@ada@example.org", {"ada@example.org"}),
        ("@", set()),
        ("@...", {"..."}),
        ("@a-b_c+d", {"a-b_c+d"}),
    ],
)
def test_a_name_after_an_at_sign_may_be_a_mention(text: str, names: set[str]) -> None:
    assert names_in(text) == names


def test_a_wall_of_names_is_cut() -> None:
    assert len(names_in(" ".join(f"@u{number}" for number in range(1_000)))) <= 104
