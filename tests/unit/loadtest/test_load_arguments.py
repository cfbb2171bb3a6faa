"""What the command is asked for."""

from __future__ import annotations

import argparse
import io
import resource
import sys

import pytest

from loadtest.arguments import add_arguments, client_count, read_tokens
from loadtest.errors import LoadError
from loadtest.machine import allow_files


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_arguments(parser)
    return parser.parse_args(arguments)


def test_without_any_it_is_the_common_case():
    options = parsed()
    assert (options.url, options.clients, options.room, options.rooms) == (None, None, "loadtest", None)
    assert (options.rate, options.duration, options.senders, options.text_bytes) == (20, 30, None, 64)
    assert not options.json
    assert not options.i_own_this_host


def test_each_can_be_given():
    options = parsed(
        *("--url", "ws://127.0.0.1:1/", "--clients", "7", "--rooms", "2", "--rate", "0.5", "--duration", "1.5"),
        *("--senders", "3", "--text-bytes", "11", "--tokens", "-", "--json", "--i-own-this-host"),
    )
    assert (options.clients, options.rooms, options.rate, options.duration) == (7, 2, 0.5, 1.5)
    assert (options.senders, options.text_bytes, options.tokens, options.json) == (3, 11, "-", True)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--clients", "0"], "a whole number from 1"),
        (["--rooms", "-1"], "a whole number from 1"),
        (["--senders", "many"], "a whole number from 1"),
        (["--rate", "0"], "a number above 0"),
        (["--rate", "nan"], "a number above 0"),
        (["--duration", "inf"], "a number above 0"),
        (["--duration", "soon"], "a number above 0"),
        (["--text-bytes", "10"], "11 to 4000"),
        (["--text-bytes", "4001"], "11 to 4000"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(arguments, sentence):
    with pytest.raises(argparse.ArgumentError, match=sentence):
        parsed(*arguments)


class TestHowManyClients:
    def test_500_unless_told_otherwise(self):
        assert client_count(None, rooms=1, tokens=None) == 500
        assert client_count(7, rooms=1, tokens=None) == 7

    def test_as_many_as_there_are_tokens_or_fewer(self):
        assert client_count(None, rooms=1, tokens=["a", "b"]) == 2
        assert client_count(1, rooms=1, tokens=["a", "b"]) == 1

    def test_more_than_there_are_tokens_is_refused(self):
        with pytest.raises(LoadError, match="There are 2 tokens for 3 clients"):
            client_count(3, rooms=1, tokens=["a", "b"])

    def test_more_rooms_than_clients_are_refused(self):
        with pytest.raises(LoadError, match="2 clients do not fill 3 rooms"):
            client_count(2, rooms=3, tokens=None)


class TestTokens:
    def test_one_a_line_from_a_file_or_standard_input(self, tmp_path, monkeypatch):
        (tmp_path / "tokens").write_text("a\n\n b \r\nc")
        assert read_tokens(str(tmp_path / "tokens")) == ["a", "b", "c"]
        monkeypatch.setattr(sys, "stdin", io.StringIO("d\ne\n"))
        assert read_tokens("-") == ["d", "e"]

    def test_none_at_all_is_said(self, tmp_path):
        (tmp_path / "tokens").write_text("\n")
        with pytest.raises(LoadError, match="There are no tokens in "):
            read_tokens(str(tmp_path / "tokens"))

    @pytest.mark.parametrize("content", [None, "tökens".encode()])
    def test_what_cannot_be_read_is_said(self, tmp_path, content):
        if content is not None:
            (tmp_path / "tokens").write_bytes(content)
        with pytest.raises(LoadError, match="cannot be read"):
            read_tokens(str(tmp_path / "tokens"))


class TestOpenFiles:
    @pytest.fixture
    def limits(self, monkeypatch) -> list[tuple[int, int]]:
        """The limits that were set; the first are those in force."""
        log = [(100, 1_000)]
        monkeypatch.setattr(resource, "getrlimit", lambda kind: log[0])
        monkeypatch.setattr(resource, "setrlimit", lambda kind, limits: log.append(limits))
        return log

    def test_enough_is_left_alone(self, limits):
        allow_files(36)
        assert len(limits) == 1

    def test_too_few_are_raised(self, limits):
        allow_files(500)
        assert limits[1:] == [(564, 1_000)]

    def test_beyond_the_hard_limit_is_refused(self, limits):
        with pytest.raises(LoadError, match="1000 clients need 1064 open files, and this process may have 1000"):
            allow_files(1_000)
        assert len(limits) == 1

    @pytest.mark.parametrize("soft", [100, resource.RLIM_INFINITY])
    def test_without_a_hard_limit_there_is_no_end(self, limits, soft):
        limits[0] = (soft, resource.RLIM_INFINITY)
        allow_files(100_000)
        assert limits[1:] == ([(100_064, resource.RLIM_INFINITY)] if soft == 100 else [])
