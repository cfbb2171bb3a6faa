"""The codes are what the page says, and the rule for coming back."""

import re
from enum import Enum
from pathlib import Path

import pytest

from realtime import protocol
from realtime.protocol import (
    CloseCode,
    ErrorCode,
    Op,
    RealtimeError,
    UnsubscribeCode,
    error_for,
    may_reconnect,
)
from realtime.protocol.frames import Error

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs/reference/protocol.md").read_text(encoding="utf-8")
# The client adds errors that are on no wire, and so have no code of their own.
KINDS = [kind for kind in RealtimeError.__subclasses__() if "code" in vars(kind)]
ERRORS = dict(
    re.findall(r"^\| `([a-z_]+)` \| (yes|no) \|", PAGE.split("## Errors")[1].split("## Limits")[0], re.MULTILINE)
)


@pytest.mark.parametrize("code", [1000, 1001, 1005, 1006, 1009, 1011, 1012, 1013, 4000, 4001, 4008, 4009, 4010])
def test_a_client_comes_back_after_an_accident_or_a_restart(code: int) -> None:
    assert may_reconnect(code)


@pytest.mark.parametrize("code", [4500, 4501, 4503, 4504, 4508, 4509, 4999])
def test_a_client_stays_away_when_it_was_told_to(code: int) -> None:
    assert not may_reconnect(code)


def test_the_page_lists_every_code_and_no_other() -> None:
    assert set(ERRORS) == set(ErrorCode)
    closes = set(re.findall(r"^\| (4\d{3}|1009) \|", PAGE, re.MULTILINE))
    assert closes == {str(code.value) for code in CloseCode}
    assert all(f"`{code}`" in PAGE for code in [*Op, *UnsubscribeCode])


def test_the_page_and_the_classes_agree_on_what_to_retry() -> None:
    assert {kind.code for kind in KINDS} == set(ErrorCode)
    assert {kind.code.value: "yes" if kind.retryable else "no" for kind in KINDS} == ERRORS


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_survives_its_frame(kind: type[RealtimeError]) -> None:
    error = kind("No.", field="text", retry_after_s=2.5)
    told = error_for(error.as_frame(7))
    assert type(told) is kind
    assert (told.message, told.field, told.retry_after_s, told.id) == ("No.", "text", 2.5, 7)
    assert told.retryable == kind.retryable


@pytest.mark.parametrize("enum", [Op, ErrorCode, UnsubscribeCode, CloseCode], ids=lambda enum: enum.__name__)
def test_the_browsers_copy_of_the_codes_is_this_one(enum: type[Enum]) -> None:
    script = (ROOT / "static/realtime/codes.js").read_text(encoding="utf-8")
    block = script.split(f"export const {enum.__name__} = Object.freeze({{")[1].split("}")[0]
    copied = dict(re.findall(r"(\w+): \"?(\w+)\"?,", block))
    assert copied == {member.name: str(member.value) for member in enum}


def test_an_error_of_an_unknown_code_keeps_the_servers_word_on_retrying() -> None:
    told = error_for(Error(code="too_quiet", message="Louder.", retryable=True, id=None))
    assert type(told) is RealtimeError
    assert told.retryable
    assert told.wire_code == "too_quiet"


def test_every_error_says_something_without_being_told_what() -> None:
    assert all(kind().message for kind in KINDS)


def test_the_package_exports_what_it_says() -> None:
    assert protocol.__all__ == sorted(protocol.__all__, key=lambda n: (not n.isupper(), not n[0].isupper(), n))
    assert all(hasattr(protocol, name) for name in protocol.__all__)
