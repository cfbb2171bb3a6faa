"""Why a client did not get in, in a sentence that helps."""

from __future__ import annotations

import errno

import pytest

from loadtest.entering import Entrance, sentence
from loadtest.errors import LoadError
from loadtest.link import EnterError
from loadtest.target import Target

TARGET = Target("127.0.0.1", 8000, "/ws/")


def caused(cause: Exception) -> EnterError:
    error = EnterError("could not be reached")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (caused(ConnectionRefusedError()), "Nobody listens at ws://127.0.0.1:8000/ws/: start it with manage.py serve"),
        (caused(TimeoutError()), "did not answer within 30 s"),
        (TimeoutError(), "did not answer within 30 s"),
        (OSError(errno.EMFILE, "Too many open files"), "too few open files"),
        (EnterError("closed with 4500", code="4500"), "refuses the tokens"),
        (EnterError("got unauthenticated", code="unauthenticated"), "refuses the tokens"),
        (EnterError("got not_found", code="not_found"), "does not know the room"),
        (
            EnterError("the upgrade was answered with 403"),
            "did not let a client in: the upgrade was answered with 403.",
        ),
        (KeyError("limits"), "did not let a client in: 'limits'."),
    ],
)
def test_each_is_a_sentence(error, words):
    said = sentence(error, TARGET)
    assert words in said
    assert said.endswith(".")


class Doors:
    """A dialect that plays a script: what each attempt meets."""

    def __init__(self, *script: Exception | None) -> None:
        self._script = iter(script)
        self.asked: list[tuple[str, int]] = []

    async def enter(self, host, port, room, number):
        self.asked.append((room, number))
        if (met := next(self._script)) is not None:
            raise met
        return FakeSocket()


class FakeSocket:
    def close(self) -> None:
        """Nothing to close."""


def later(reason: str = '{"retry_after_s": 0.1}') -> EnterError:
    return EnterError("closed with 4001", code="4001", reason=reason)


async def test_clients_are_spread_over_the_rooms():
    doors = Doors(*[None] * 5)
    entrance = Entrance(doors, TARGET, ["a", "b"])
    await entrance.first()
    await entrance.others(5)
    assert sorted(doors.asked, key=lambda asked: asked[1]) == [("a", 0), ("b", 1), ("a", 2), ("b", 3), ("a", 4)]
    crowd = entrance.crowd
    assert (len(crowd.sockets), sorted(crowd.rooms), crowd.failed) == (5, [0, 0, 0, 1, 1], 0)
    assert [crowd.rooms[place] for place in crowd.members(1)] == [1, 1]


async def test_the_first_one_speaks_for_all():
    with pytest.raises(LoadError, match="refuses the tokens"):
        await Entrance(Doors(EnterError("no", code="4500")), TARGET, ["a"]).first()


async def test_of_the_others_who_fails_is_counted_and_the_first_reason_kept():
    doors = Doors(None, EnterError("full"), EnterError("fuller"), None)
    entrance = Entrance(doors, TARGET, ["a"])
    await entrance.first()
    await entrance.others(4)
    assert (len(entrance.crowd.sockets), entrance.crowd.failed) == (2, 2)
    assert "full." in entrance.crowd.first_error


async def test_who_is_told_to_come_later_does(monkeypatch):
    pauses: list[float] = []

    async def sleep(seconds):
        pauses.append(seconds)

    monkeypatch.setattr("loadtest.entering.asyncio.sleep", sleep)
    entrance = Entrance(Doors(later(), later("busy"), later('{"retry_after_s": 1e9}'), None), TARGET, ["a"])
    await entrance.first()
    assert entrance.crowd.retries == 3
    assert pauses == [0.1, 1.0, 10.0]


async def test_and_gives_up_when_nobody_has_got_in_for_long(monkeypatch):
    now = iter(range(0, 10_000, 20))

    async def sleep(seconds):
        """Takes no time; the clock below does."""

    monkeypatch.setattr("loadtest.entering.asyncio.sleep", sleep)
    monkeypatch.setattr("loadtest.entering.time.monotonic", lambda: float(next(now)))
    with pytest.raises(LoadError, match="closed with 4001"):
        await Entrance(Doors(*[later() for _ in range(10)]), TARGET, ["a"]).first()
