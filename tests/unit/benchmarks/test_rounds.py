"""Who is measured when, and what happens when one measurement goes wrong."""

from __future__ import annotations

import pytest

from benchmarks.case import Case, Figure
from benchmarks.rounds import Plan, run
from benchmarks.sample import Finding
from loadtest.link import EnterError

SYSTEMS = ("chorus", "socketio-redis", "ws")


class FakeStage:
    """Counts how often it was left."""

    quick = False

    def __init__(self) -> None:
        self.left = 0

    def leave(self) -> None:
        self.left += 1


def case(name: str, measure=lambda *_: Finding(), **options) -> Case:
    return Case(name, name, "", (Figure("rate", "rate", "/s"),), SYSTEMS, measure, **options)


def plan(*blocks: tuple[Case, ...], rounds: int = 1, **options) -> Plan:
    return Plan([each for block in blocks for each in block], rounds, blocks=blocks, **options)


def steps(made: Plan, round_: int = 1) -> list[tuple[str, str]]:
    return [(each.name, system) for each, system in made.steps(round_)]


def test_the_cases_of_a_block_are_measured_on_one_system_before_the_next():
    made = plan((case("a"), case("b")), (case("c"),))
    assert steps(made) == [
        *[(name, system) for system in SYSTEMS for name in ("a", "b")],
        *[("c", system) for system in SYSTEMS],
    ]


def test_every_other_round_goes_backwards():
    made = plan((case("a"),))
    assert steps(made, 2) == [("a", system) for system in reversed(SYSTEMS)]
    assert steps(made, 3) == steps(made, 1)


def test_a_quick_run_takes_what_is_quick():
    made = plan((case("a", quick=("ws",)), case("b")), quick=True)
    assert steps(made) == [("a", "ws")]


def test_systems_that_are_named_are_taken_where_the_case_knows_them():
    made = plan((case("a"),), systems=["ws", "channels-uvicorn-core"], quick=True)
    assert steps(made) == [("a", "ws")]


def test_a_case_may_be_enough_once():
    made = plan((case("a", rounds=1), case("b")), systems=["ws"])
    assert steps(made, 2) == [("b", "ws")]


def test_a_case_that_was_not_asked_for_is_left_out():
    block = (case("a"), case("b"))
    assert steps(Plan([block[1]], 1, ["ws"], blocks=(block,))) == [("b", "ws")]


def test_each_measurement_is_told_at_once_and_knows_those_of_the_same_system_before_it():
    known = []

    def measure(_stage, system, earlier):
        known.append((system.name, [sample.round for sample in earlier]))
        return Finding({"rate": 1.0})

    told = []
    stage = FakeStage()
    samples = run(plan((case("a", measure),), rounds=2, systems=["ws", "chorus"]), stage, told.append)
    assert samples == told
    assert known == [("chorus", []), ("ws", []), ("ws", [1]), ("chorus", [1])]
    assert stage.left == 2


@pytest.mark.parametrize("error", [EnterError("refused"), RuntimeError("did not start"), OSError("gone")])
def test_what_goes_wrong_is_a_fault_of_that_measurement_alone(error):
    def measure(_stage, system, _earlier):
        if system.name == "chorus":
            raise error
        return Finding({"rate": 1.0})

    samples = run(plan((case("a", measure),), systems=["ws", "chorus"]), FakeStage(), lambda _: None)
    assert [sample.valid for sample in samples] == [False, True]
    assert str(error) in samples[0].finding.faults[0]


def test_what_nobody_foresaw_ends_the_run():
    def measure(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(plan((case("a", measure),)), FakeStage(), lambda _: None)
