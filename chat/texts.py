"""What a message's text may be, what a room's slug may be, and whom a text names. Knows strings only."""

from __future__ import annotations

import re
import unicodedata

from chat.models.message import TEXT_MAX
from chat.models.room import SLUG_MAX
from realtime.protocol.errors import Invalid

__all__ = ["check_slug", "check_text", "is_writable", "names_in"]

# Unicode's White_Space property. `str.isspace` also counts the separators U+001C to U+001F, which are
# control characters, and so would refuse a text that another reader of the protocol accepts.
WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
NAMES_MAX = 100
"""Spellings looked up for one text, a few for each name: a wall of names is an attack, not a message."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?")
# What Django's own validator lets a username hold, not in the middle of a word or of an e-mail address.
_NAME = re.compile(r"(?<![\w.+@-])@([\w.+@-]{1,150})")
# Names of pages that stand where a room's page would.
_RESERVED = frozenset({"new"})


def check_text(text: str) -> None:
    """Raise Invalid unless `text` can be a message. What passes is kept and delivered as it is."""
    if not is_writable(text):
        raise Invalid("A text holds no NUL and no lone surrogate.", field="text")
    if len(text) > TEXT_MAX:
        raise Invalid(f"A message has at most {TEXT_MAX:,} characters; this one has {len(text):,}.", field="text")
    if not text.strip(WHITE_SPACE):
        raise Invalid("A message has at least one character that is not white space.", field="text")


def is_writable(text: str) -> bool:
    """Whether every database takes `text` and every client can be sent it."""
    return "\0" not in text and (text.isascii() or not _SURROGATE.search(text))


def check_slug(slug: str) -> None:
    """Raise Invalid unless `slug` can name a room: it is part of topics and addresses, and never changes."""
    if len(slug) > SLUG_MAX or not _SLUG.fullmatch(slug):
        raise Invalid(
            f"A slug has up to {SLUG_MAX} of a-z, 0-9, - and _, and begins and ends with a letter or digit.",
            field="slug",
        )
    if slug in _RESERVED:
        raise Invalid(f"{slug!r} is the name of a page.", field="slug")


def names_in(text: str) -> set[str]:
    """The usernames that `text` may mention by `@name`, to be compared with usernames in lower case.

    A name may end in a dot and so may a sentence: both readings are candidates, members decide. As written,
    too, because SQLite lowers ASCII only.
    """
    if "@" not in text:
        return set()
    names: set[str] = set()
    for found in _NAME.finditer(text):
        if len(names) >= NAMES_MAX:
            break
        name = unicodedata.normalize("NFKC", found[1])
        for reading in (name, name.rstrip(".+@-")):
            names |= {reading, reading.lower()}
    return names - {""}
