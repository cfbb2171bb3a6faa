"""One word for one idea: the glossary and the protocol use the same ones."""

from __future__ import annotations

import re

from tests.support.chorus import ROOT

GLOSSARY = (ROOT / "docs/reference/glossary.md").read_text()
PROTOCOL = (ROOT / "docs/reference/protocol.md").read_text()
ROW = re.compile(r"^\| ([a-z][\w ]*) \| ", re.MULTILINE)


def words(text: str) -> list[str]:
    return [word for word in ROW.findall(text) if word != "word"]


def section(text: str, heading: str) -> str:
    return text.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]


def test_every_word_of_the_wire_is_used_in_the_protocol():
    wire = words(section(GLOSSARY, "On the wire"))
    assert len(wire) > 10
    assert [word for word in wire if not re.search(rf"\b{word}\b", PROTOCOL)] == []


def test_every_word_the_protocol_explains_is_in_the_glossary():
    assert set(words(section(PROTOCOL, "Words"))) <= set(words(GLOSSARY))


def test_no_word_is_there_twice():
    assert len(words(GLOSSARY)) == len(set(words(GLOSSARY)))
