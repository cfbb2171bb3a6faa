"""Text to blocks: paragraphs, fenced code, quotes, lists.

The same grammar as static/chat/markup/blocks.js, line for line. Knows nothing of what stands inside a paragraph.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Deeper quotes and lists are shown as the text they are.
DEPTH_MAX = 4
# How far a line must be indented, beyond its item's marker, to belong to the item.
NESTED_BY = 2

FENCE = re.compile(r" {0,3}(`{3,})[^`]*$")
QUOTE = re.compile(r" {0,3}> ?")
# Three digits at most: "1984. What a book" is a sentence.
ITEM = re.compile(r"( {0,3})(?:[-*]|([0-9]{1,3})[.)]) +(?=[^ ])")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines of text."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """A fenced block, as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    """What somebody else said."""

    blocks: list[Block]


@dataclass(frozen=True, slots=True)
class Listing:
    """`start` is the first number of a numbered list, None for bullets. Each item is a list of blocks."""

    start: int | None
    items: list[list[Block]]


Block = Paragraph | Code | Quote | Listing


def parse_blocks(text: str) -> list[Block]:
    """Read a whole message."""
    return read_blocks(re.sub(r"\r\n?", "\n", text).split("\n"), 0)


def read_blocks(lines: list[str], depth: int) -> list[Block]:
    """Read lines into blocks; blank lines only part them."""
    blocks: list[Block] = []
    at = 0
    while at < len(lines):
        if is_blank(lines[at]):
            at += 1
        else:
            block, at = read_block(lines, at, depth)
            blocks.append(block)
    return blocks


def read_block(lines: list[str], at: int, depth: int) -> tuple[Block, int]:
    """Read the block that starts on line `at`, and say on which line the next one does."""
    if FENCE.match(lines[at]):
        return read_code(lines, at)
    if depth < DEPTH_MAX and QUOTE.match(lines[at]):
        return read_quote(lines, at, depth)
    if depth < DEPTH_MAX and ITEM.match(lines[at]):
        return read_list(lines, at, depth)
    return read_paragraph(lines, at, depth)


def read_code(lines: list[str], at: int) -> tuple[Block, int]:
    """Code runs to a fence at least as long as the one that opened it, or to the end."""
    opening = FENCE.match(lines[at])
    assert opening is not None
    closing = re.compile(rf" {{0,3}}`{{{len(opening[1])},}} *$")
    end = at + 1
    while end < len(lines) and not closing.match(lines[end]):
        end += 1
    return Code("\n".join(lines[at + 1 : end])), end + 1


def read_quote(lines: list[str], at: int, depth: int) -> tuple[Block, int]:
    """Read the quote that starts at a line, and where it ends."""
    end = at
    inner: list[str] = []
    while end < len(lines) and (mark := QUOTE.match(lines[end])):
        inner.append(lines[end][mark.end() :])
        end += 1
    return Quote(read_blocks(inner, depth + 1)), end


def read_list(lines: list[str], at: int, depth: int) -> tuple[Block, int]:
    """Items follow each other while their markers are of one kind; a line that is not indented ends the list."""
    first = ITEM.match(lines[at])
    assert first is not None
    items: list[list[Block]] = []
    mark: re.Match[str] | None = first
    while mark is not None:
        inner, at = read_item(lines, at, len(first[1]) + NESTED_BY, mark.end())
        items.append(read_blocks(inner, depth + 1))
        mark = next_item(lines, at, first)
    return Listing(None if first[2] is None else int(first[2]), items), at


def read_item(lines: list[str], at: int, nested: int, content: int) -> tuple[list[str], int]:
    """Take the item's first line and all that is indented under it, blank lines in between included."""
    inner = [lines[at][content:]]
    end = at + 1
    while end < len(lines):
        following = end
        while following < len(lines) and is_blank(lines[following]):
            following += 1
        if following == len(lines) or indent_of(lines[following]) < nested:
            # Blank lines between two items belong to neither.
            return inner, (following if following < len(lines) and ITEM.match(lines[following]) else end)
        inner.extend(lines[end:following])
        inner.append(lines[following][min(content, indent_of(lines[following])) :])
        end = following + 1
    return inner, end


def next_item(lines: list[str], at: int, first: re.Match[str]) -> re.Match[str] | None:
    """Match another item of the same list on line `at`."""
    mark = ITEM.match(lines[at]) if at < len(lines) else None
    return mark if mark is not None and (mark[2] is None) == (first[2] is None) else None


def read_paragraph(lines: list[str], at: int, depth: int) -> tuple[Block, int]:
    """Read the paragraph that starts at a line, and where it ends."""
    end = at + 1
    while end < len(lines) and not is_blank(lines[end]) and not interrupts(lines[end], depth):
        end += 1
    return Paragraph("\n".join(lines[at:end])), end


def interrupts(line: str, depth: int) -> bool:
    """Whether a line ends the paragraph above it. A number does only if it is 1: others are in the sentence."""
    if FENCE.match(line):
        return True
    if depth >= DEPTH_MAX:
        return False
    item = ITEM.match(line)
    return bool(QUOTE.match(line)) or (item is not None and item[2] in {None, "1"})


def is_blank(line: str) -> bool:
    """Whether a line has nothing but spaces and tabs."""
    return not line.strip(" \t")


def indent_of(line: str) -> int:
    """How many spaces a line begins with."""
    return len(line) - len(line.lstrip(" "))
