"""The two Markdowns, the server's and the browser's: the same HTML from both, or text would jump as it arrives."""

from __future__ import annotations

import json
import random
import re
import subprocess
from typing import Any

import pytest

from chat.markup import to_html
from tests.support.chorus import ROOT

EXAMPLES: list[dict[str, Any]] = json.loads((ROOT / "tests/markup/examples.json").read_text(encoding="utf-8"))
OPENING = re.compile(r'<([a-z]+)((?: [a-z]+="[^"]*")+)>')
TEXTS = 4_000
# What the grammar is made of, what it must not take for it, and what two languages read differently.
WORDS = [
    *("*", "**", "***", "_", "__", "`", "``", "```", "```py", "\\", "[", "]", "(", ")", "](", "<", ">"),
    *("> ", "- ", "* ", "1. ", "12) ", "https://", "https://example.org/a_b", "[x](https://example.org)"),
    *("mailto:a@b.c", "javascript:", "www.example.org", "://", "\n", "\n", "\n\n", "\r\n", "\r", "  ", "    "),
    *("\t", " ", "\u00a0", "\u200b", "\u2028", "\u3000", "\ufeff", "\x85", "\x1c", "\u0301"),
    *("a", "b", "Z", "9", "é", "ß", "İ", "ﬁ", "٣", "Ⅷ", "שלום", "العربية", "漢字", "😀", "👩‍👧"),
    *(".", ",", "!", "'", '"', "&amp;", "~", "#", "|"),
]
TAGS = {"p", "pre", "code", "blockquote", "ul", "ol", "li", "em", "strong", "a"}


def by_the_server(text: str) -> str:
    """Its HTML with attributes by name, because their order says nothing."""
    return OPENING.sub(sorted_attributes, str(to_html(text)))


def sorted_attributes(found: re.Match[str]) -> str:
    attributes = sorted(re.findall(r' [a-z]+="[^"]*"', found[2]))
    return f"<{found[1]}{''.join(attributes)}>"


def by_the_browser(texts: list[str]) -> list[str]:
    done = subprocess.run(
        ["node", "tests/js/support/render-markup.js"],
        cwd=ROOT,
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return list(json.loads(done.stdout))


@pytest.mark.parametrize("example", EXAMPLES, ids=[example["name"] for example in EXAMPLES])
def test_the_servers_html_is_that_of_the_example(example):
    assert by_the_server(example["text"]) == example["html"]


def test_both_make_the_same_of_whatever_is_written():
    chance = random.Random(12)
    texts = ["".join(chance.choices(WORDS, k=chance.randint(1, 30))) for _ in range(TEXTS)]
    rendered = zip(texts, by_the_browser(texts), strict=True)
    assert [text for text, html in rendered if by_the_server(text) != html] == []


def test_nothing_that_is_written_becomes_a_tag_of_its_own():
    chance = random.Random(13)
    pieces = ["<script>", "</p>", "<img src=x onerror=alert(1)>", '"', "'", "onclick=", "javascript:alert(1)", *WORDS]
    for _ in range(TEXTS):
        html = by_the_server("".join(chance.choices(pieces, k=20)))
        assert set(re.findall(r"</?([a-z]+)", html)) <= TAGS
        assert all(re.match(r"https?://|mailto:", address) for address in re.findall(r'href="([^"]*)"', html))
