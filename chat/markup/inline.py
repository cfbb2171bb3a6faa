"""A paragraph's text to pieces: words, emphasis, code, links.

The same grammar as static/chat/markup/inline.js, line for line. A piece is `(kind, value)`:
`text` and `code` carry their text, `open` and `close` a tag (`em`, `strong`, `a`), `link` the address that the
following `open a` points to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

Piece = tuple[str, str]

# Spelled out, because Python and JavaScript disagree about what `\s` is.
SPACE = " \t\n\v\f\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
ADDRESS = rf"(?:https?://|mailto:)[^{SPACE}()<>]+(?:\([^{SPACE}()<>]*\)[^{SPACE}()<>]*)*"
TOKEN = re.compile(
    r"\\([\\`*_\[\]()>-])"
    r"|(`+)"
    rf"|\[([^\[\]\n]*[^\[\]{SPACE}][^\[\]\n]*)\]\(({ADDRESS})\)"
    rf"|(?<![A-Za-z0-9])(https?://[^{SPACE}<>]+)"
    r"|(\*+|_+)"
)
LONGEST_RUN = 3
BLANK = re.compile(rf"[{SPACE}]")
LOOKS_LIKE_ADDRESS = re.compile(rf"[{SPACE}]*(?:https?://|mailto:|www\.)", re.IGNORECASE)
TRAILING = ".,;:!?'\"*_~"


@dataclass(slots=True)
class Run:
    """A run of `*` or `_` with what it closes and opens; what is left of it is text."""

    mark: str
    left: int
    closes: list[str] = field(default_factory=list)
    opens: list[str] = field(default_factory=list)

    def pieces(self) -> list[Piece]:
        closed = [("close", tag) for tag in self.closes]
        literal = [("text", self.mark * self.left)] if self.left else []
        return closed + literal + [("open", tag) for tag in self.opens]


def parse_inline(text: str, *, links: bool = True) -> list[Piece]:
    """Read a paragraph. `links` False: as inside a link, which can hold no other."""
    pieces: list[Piece | Run] = []
    openers: list[Run] = []
    unclosed: set[int] = set()
    at = 0
    while token := TOKEN.search(text, at):
        pieces.append(("text", text[at : token.start()]))
        escaped, ticks, label, target, address, run = token.groups()
        at = token.end()
        if escaped:
            pieces.append(("text", escaped))
        elif ticks:
            code, at = read_code(text, token.start(), len(ticks), unclosed)
            pieces.append(code)
        elif run:
            pieces.append(read_run(text, token, openers))
        elif not links:
            # The mark that began it stays text; what follows may still be emphasis.
            at = token.start() + 1
            pieces.append(("text", text[token.start()]))
        elif label:
            pieces.extend(link(target, label))
        else:
            address = trim_address(address)
            at = token.start() + len(address)
            pieces.extend(link(address, None) if is_complete(address) else [("text", address)])
    pieces.append(("text", text[at:]))
    return settle(pieces)


def read_code(text: str, start: int, ticks: int, unclosed: set[int]) -> tuple[Piece, int]:
    """Code ends at a run of as many backticks. `unclosed` remembers lengths without an end: none is sought twice."""
    begin = start + ticks
    end = None if ticks in unclosed else re.compile(rf"(?<!`)`{{{ticks}}}(?!`)").search(text, begin)
    if end is None:
        unclosed.add(ticks)
        return ("text", "`" * ticks), begin
    code = text[begin : end.start()]
    if len(code) > 2 and code[0] == code[-1] == " ":
        code = code[1:-1]
    return ("code", code), end.end()


def read_run(text: str, token: re.Match[str], openers: list[Run]) -> Run:
    """Close what the run can close, nearest first, and keep the rest of it as an opener if it can open."""
    run = Run(token[0][0], len(token[0]))
    can_open, can_close = flanks(run.mark, text[: token.start()][-1:], text[token.end() : token.end() + 1])
    if run.left > LONGEST_RUN:
        return run
    while can_close and run.left and any(opener.mark == run.mark for opener in openers):
        while openers[-1].mark != run.mark:
            openers.pop()
        used = min(2, run.left, openers[-1].left)
        tag = "strong" if used == 2 else "em"
        run.closes.append(tag)
        openers[-1].opens.insert(0, tag)
        run.left -= used
        openers[-1].left -= used
        if not openers[-1].left:
            openers.pop()
    if can_open and run.left:
        openers.append(run)
    return run


def flanks(mark: str, before: str, after: str) -> tuple[bool, bool]:
    """Whether a run can open and can close, by its neighbours. Inside a word only `*` can do either."""
    blank_before, blank_after = is_space(before), is_space(after)
    word_before, word_after = is_word(before), is_word(after)
    left = not blank_after and (word_after or not word_before)
    right = not blank_before and (word_before or not word_after)
    if mark == "*":
        return left, right
    return left and (not right or not word_before), right and (not left or not word_after)


def is_space(character: str) -> bool:
    """Whether it is white space, or beyond the text's ends."""
    return not character or BLANK.match(character) is not None


def is_word(character: str) -> bool:
    """Whether it belongs to a word."""
    return character.isalnum()


def link(address: str, label: str | None) -> list[Piece]:
    """Give a link's pieces. A label that looks like another address would lie, so the address stands for itself."""
    honest = label is not None and (label == address or not LOOKS_LIKE_ADDRESS.match(label))
    inner = parse_inline(label, links=False) if honest and label else [("text", address)]
    return [("link", address), ("open", "a"), *inner, ("close", "a")]


def trim_address(address: str) -> str:
    """Leave out the punctuation of the sentence around a bare address, and a bracket that was opened before it."""
    end = len(address)
    spare = {")": address.count(")") - address.count("("), "]": address.count("]") - address.count("[")}
    while end:
        last = address[end - 1]
        if spare.get(last, 0) > 0:
            spare[last] -= 1
        elif last not in TRAILING:
            break
        end -= 1
    return address[:end]


def is_complete(address: str) -> bool:
    """Whether something stands behind the two slashes."""
    return len(address) > len("https://")


def settle(pieces: list[Piece | Run]) -> list[Piece]:
    """Flatten runs, drop empty text, join neighbours, and drop emphasis inside the same emphasis."""
    depth = {"em": 0, "strong": 0, "a": 0}
    settled: list[Piece] = []
    for kind, value in (flat for piece in pieces for flat in (piece.pieces() if isinstance(piece, Run) else [piece])):
        if kind == "open":
            depth[value] += 1
            shown = depth[value] == 1
        elif kind == "close":
            depth[value] -= 1
            shown = depth[value] == 0
        else:
            shown = bool(value) or kind == "code"
        if kind == "text" and settled and settled[-1][0] == "text":
            settled[-1] = ("text", settled[-1][1] + value)
        elif shown:
            settled.append((kind, value))
    return settled
