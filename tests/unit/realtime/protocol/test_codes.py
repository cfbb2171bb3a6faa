"""The codes are what the page says, and the rule for coming back."""

import re
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

PAGE = (Path(__file__).parents[4] / "docs/reference/protocol.md").read_text(encoding="utf-8")
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
    kinds = RealtimeError.__subclasses__()
    assert {kind.code for kind in kinds} == set(ErrorCode)
    assert {kind.code.value: "yes" if kind.retryable else "no" for kind in kinds} == ERRORS


@pytest.mark.parametrize("kind", RealtimeError.__subclasses__(), ids=lambda kind: kind.__name__)
def test_an_error_survives_its_frame(kind: type[RealtimeError]) -> None:
    error = kind("No.", field="text", retry_after_s=2.5)
    told = error_for(error.as_frame(7))
    assert type(told) is kind
    assert (told.message, told.field, told.retry_after_s, told.id) == ("No.", "text", 2.5, 7)
    assert told.retryable == kind.retryable


def test_an_error_of_an_unknown_code_keeps_the_servers_word_on_retrying() -> None:
    told = error_for(Error(code="too_quiet", message="Louder.", retryable=True, id=None))
    assert type(told) is RealtimeError
    assert told.retryable
    assert told.wire_code == "too_quiet"


def test_every_error_says_something_without_being_told_what() -> None:
    assert all(kind().message for kind in RealtimeError.__subclasses__())


def test_the_package_exports_what_it_says() -> None:
    assert protocol.__all__ == sorted(protocol.__all__, key=lambda n: (not n.isupper(), not n[0].isupper(), n))
    assert all(hasattr(protocol, name) for name in protocol.__all__)
