"""Blocks and pieces to HTML. Every character of the message passes `escape`; the tags are this module's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.html import escape
from django.utils.safestring import SafeString

from chat.markup.blocks import Block, Code, Listing, Paragraph, Quote, parse_blocks
from chat.markup.inline import parse_inline

if TYPE_CHECKING:
    from collections.abc import Iterable

# `ugc` and `nofollow`: people write these links, not we. `noopener`: the page they lead to gets no hold of this one.
LINK = '<a href="{0}" title="{0}" rel="noopener nofollow ugc" target="_blank">'


def to_html(text: str) -> SafeString:
    """Render a message's text. Anything it does not know stays as it was written."""
    # Safe: blocks_html writes nothing but its own tags and escaped text.
    return SafeString(blocks_html(parse_blocks(text)))


def blocks_html(blocks: Iterable[Block]) -> str:
    """Render blocks one after another."""
    return "".join(block_html(block) for block in blocks)


def block_html(block: Block) -> str:
    """Render one block."""
    match block:
        case Paragraph(text):
            return f'<p dir="auto">{inline_html(text)}</p>'
        case Code(text):
            return f'<pre tabindex="0"><code>{escape(text)}</code></pre>'
        case Quote(inner):
            return f'<blockquote dir="auto">{blocks_html(inner)}</blockquote>'
        case Listing(start, items):
            inside = "".join(f"<li>{item_html(item)}</li>" for item in items)
            return f'<ul dir="auto">{inside}</ul>' if start is None else f'<ol dir="auto" start="{start}">{inside}</ol>'


def item_html(blocks: list[Block]) -> str:
    """Render an item; its first paragraph stands in it bare, beside the marker."""
    if blocks and isinstance(blocks[0], Paragraph):
        return inline_html(blocks[0].text) + blocks_html(blocks[1:])
    return blocks_html(blocks)


def inline_html(text: str) -> str:
    """Render what stands in a line."""
    parts: list[str] = []
    address = ""
    for kind, value in parse_inline(text):
        if kind == "text":
            parts.append(escape(value))
        elif kind == "code":
            parts.append(f"<code>{escape(value)}</code>")
        elif kind == "link":
            address = value
        elif kind == "close":
            parts.append(f"</{value}>")
        else:
            parts.append(LINK.format(escape(address)) if value == "a" else f"<{value}>")
    return "".join(parts)
