"""Reads settings from environment variables, and remembers what was wrong instead of raising.

A settings module that raises is a wall of traceback for the operator. So a bad value is noted here, replaced
by a harmless one, and `config.checks` refuses to start with one sentence per variable.
Knows no setting; docs/reference/settings.md lists them all.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from ipaddress import ip_network
from math import inf
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Environment", "Problem"]

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})
# 50 characters are what Django itself asks for.
SECRET_LENGTH_MIN = 50
SECRET_CHARACTERS_MIN = 5
TOKEN_LENGTH_MIN = 20
# What `startproject` writes into a settings file, for everybody to read.
INSECURE_PREFIX = "django-insecure-"
RATE = re.compile(r"[1-9][0-9]*/(s|sec|min|hour|day)")


@dataclass(frozen=True)
class Problem:
    """What is wrong with one variable; `sentence` begins with its name and says what is expected."""

    variable: str
    sentence: str


class Environment:
    """Typed access to the variables of one process; keeps every name that was asked for and every problem.

    A variable that is set to nothing counts as not set.
    """

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables = os.environ if variables is None else variables
        self.names: set[str] = set()
        self.problems: list[Problem] = []

    def text(self, name: str, default: str = "") -> str:
        self.names.add(name)
        return self._variables.get(name, "").strip() or default

    def listing(self, name: str) -> list[str]:
        """Read comma-separated values."""
        return [item for item in (part.strip() for part in self.text(name).split(",")) if item]

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.text(name, str(default)).lower()
        if value in TRUE | FALSE:
            return value in TRUE
        self.note(name, f"must be 1 or 0, not {value!r}.")
        return default

    def choice(self, name: str, default: str, choices: Sequence[str]) -> str:
        value = self.text(name, default)
        if value in choices:
            return value
        self.note(name, f"must be one of {', '.join(choices)}, not {value!r}.")
        return default

    def integer(self, name: str, default: int, *, low: float = 0, high: float = inf) -> int:
        return int(self._number(name, default, int, "a whole number", low, high))

    def decimal(self, name: str, default: float, *, low: float = 0, high: float = inf) -> float:
        return self._number(name, default, float, "a number", low, high)

    def secret(self, name: str) -> str:
        """Read a key; empty, with a problem noted, if it is missing or too poor to keep anything safe."""
        value = self.text(name)
        if not value:
            self.note(name, f"is not set: give at least {SECRET_LENGTH_MIN} random characters.")
        elif len(value) < SECRET_LENGTH_MIN:
            self.note(name, f"has {len(value)} characters: give at least {SECRET_LENGTH_MIN} random ones.")
        elif value.startswith(INSECURE_PREFIX) or len(set(value)) < SECRET_CHARACTERS_MIN:
            self.note(name, f"can be guessed: give at least {SECRET_LENGTH_MIN} random characters.")
        else:
            return value
        return ""

    def token(self, name: str) -> str:
        """Read a word that lets machines in; empty if there is none, or one that is too short to be one."""
        value = self.text(name)
        if not value or len(value) >= TOKEN_LENGTH_MIN:
            return value
        self.note(name, f"has {len(value)} characters: give at least {TOKEN_LENGTH_MIN} random ones.")
        return ""

    def redis_url(self, name: str) -> str:
        """Read the address of a Redis server; empty if there is none, or none that can be used."""
        value = self.text(name)
        if not value or is_redis_url(value):
            return value
        self.note(name, "cannot be used: give redis://host:6379/0, or rediss:// for TLS.")
        return ""

    def origins(self, name: str) -> list[str]:
        """Read origins as browsers send them: scheme, host, and port if it is not the scheme's own."""
        values = self.listing(name)
        for value in values:
            if not is_origin(value):
                self.note(name, f"lists {value!r}: give origins such as https://chat.example.org, without a path.")
        return [value for value in values if is_origin(value)]

    def networks(self, name: str, default: Sequence[str]) -> list[str]:
        """Read addresses and networks (`10.0.0.0/8`); none if it is `off`."""
        if self.text(name) == "off":
            return []
        values = self.listing(name) or list(default)
        for value in values:
            if not is_network(value):
                self.note(name, f"lists {value!r}: give addresses, or networks such as 10.0.0.0/8, or off.")
        return [value for value in values if is_network(value)]

    def rate(self, name: str, default: str) -> str | None:
        """Read how much is allowed in a time, `120/min`; None (no limit) if it is `off`."""
        value = self.text(name, default)
        if value == "off":
            return None
        if RATE.fullmatch(value):
            return value
        self.note(name, f"must look like 120/min (s, min, hour or day) or be off, not {value!r}.")
        return default

    def note(self, name: str, what: str) -> None:
        """Remember that a variable is wrong; `what` completes the sentence that begins with its name."""
        self.names.add(name)
        self.problems.append(Problem(name, f"{name} {what}"))

    def _number(
        self, name: str, default: float, parse: Callable[[str], float], kind: str, low: float, high: float
    ) -> float:
        value = self.text(name, str(default))
        try:
            number = parse(value)
        except ValueError:
            self.note(name, f"must be {kind}, not {value!r}.")
            return default
        # NaN compares false with everything, and so is refused here like infinity.
        if low <= number <= high and number < inf:
            return number
        self.note(name, f"must be at least {low}{'' if high == inf else f' and at most {high}'}, not {value}.")
        return default


def is_redis_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return False
    if parts.scheme == "unix":
        return bool(parts.path)
    database = parts.path.strip("/")
    return parts.scheme in {"redis", "rediss"} and bool(parts.hostname) and (not database or database.isdigit())


def is_network(value: str) -> bool:
    try:
        ip_network(value)
    except ValueError:
        return False
    return True


def is_origin(value: str) -> bool:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return False
    bare = not (parts.path or parts.query or parts.fragment or parts.username)
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and bare
