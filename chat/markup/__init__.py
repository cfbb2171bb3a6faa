"""The Markdown subset of messages: bold, italics, code, links, lists, quotes. Nothing else, and never HTML.

A message is kept and delivered byte for byte as it was written; this makes HTML of it for the server's first paint.
`static/chat/markup/` is the same grammar in the browser; tests/markup/examples.json holds the two together. Built for
chat rather than taken from a CommonMark library: line breaks and runs of blanks stay as written, a year at the start
of a line does not become a list, and the whole grammar is small enough to exist twice. Every step takes time linear
in the text, whatever is written.

It must not know: requests, models, templates.

- `blocks`: text to paragraphs, quotes, lists and code
- `inline`: a paragraph's text to words, emphasis, code and links
- `html`: both to escaped HTML
"""

from chat.markup.html import to_html

__all__ = ["to_html"]
