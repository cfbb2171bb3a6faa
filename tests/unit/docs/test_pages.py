"""The pages against the repository: what they name is there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from django.core.management import get_commands

from realtime.topics import registry
from tests.support.chorus import ROOT
from tests.support.pages import FENCED, pages

PAGES = [str(page.relative_to(ROOT)) for page in pages()]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)*/?")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
# Made when something runs.
NOT_IN_A_CLONE = {"var", ".venv", "node_modules"}


@cache
def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def prose_of(page: str) -> str:
    """A page without its fenced blocks."""
    return FENCED.sub("", text_of(page))


def anchors_of(page: Path) -> set[str]:
    """The anchors of a page's headings, made as GitHub makes them."""
    headings = HEADING.findall(FENCED.sub("", page.read_text(encoding="utf-8")))
    plain = (re.sub(r"&\w+;|[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


def is_topic(name: str) -> bool:
    """Whether it is what clients subscribe to (`chat/general`), and no file."""
    return any(pattern.match(name) is not None for pattern in registry().patterns)


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page):
    lost = []
    for link in LINK.findall(prose_of(page)):
        path, _, anchor = link.partition("#")
        if "://" in path:
            continue
        target = (ROOT / page).parent / path if path else ROOT / page
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            lost.append(link)
    assert lost == []


@pytest.mark.parametrize("page", PAGES)
def test_every_path_that_is_named_exists(page):
    roots = {entry.name for entry in ROOT.iterdir()} - NOT_IN_A_CLONE
    named = {code for code in INLINE.findall(prose_of(page)) if "/" in code and PATH.fullmatch(code)}
    ours = {code for code in named if code.split("/")[0] in roots and not is_topic(code)}
    assert sorted(code for code in ours if not (ROOT / code).exists()) == []


def test_the_architecture_names_enough_files_for_that_to_mean_something():
    named = {code for code in INLINE.findall(prose_of("ARCHITECTURE.md")) if code.endswith((".py", ".js"))}
    assert len(named) > 20


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_is_named_can_be_run(page):
    text = text_of(page)
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    code = " \n".join([*INLINE.findall(text), *(found["text"] for found in FENCED.finditer(text))])
    assert set(re.findall(r"\bmake ((?!help)[a-z]+)\b", code)) <= targets
    assert set(re.findall(r"\bmanage\.py ([a-z_]+)", code)) <= set(get_commands())
    assert [name for name in re.findall(r"\b(scripts/[\w-]+)", code) if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_variable_that_is_named_is_a_setting(page):
    known = set(re.findall(r"^\| `([A-Z_]+)` \|", text_of("docs/reference/settings.md"), re.MULTILINE))
    assert set(re.findall(r"\bCHORUS_[A-Z_]+", text_of(page))) <= known


def test_every_page_of_docs_is_listed():
    listed = {
        str(((ROOT / index).parent / link).resolve().relative_to(ROOT))
        for index in ("docs/README.md", "docs/decisions/README.md")
        for link in LINK.findall(text_of(index))
        if "://" not in link
    }
    assert {page for page in PAGES if page.startswith("docs/") and page != "docs/README.md"} - listed == set()
