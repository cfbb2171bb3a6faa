"""Targets judged by medians: met, missed, or nothing to judge by."""

from __future__ import annotations

import pytest

from benchmarks.case import Case, Figure, Target, best_of
from benchmarks.cases import BLOCKS, CASES
from benchmarks.sample import VOID
from benchmarks.systems import SYSTEMS
from tests.unit.benchmarks.builders import sample

RATE = Figure("rate", "rate", "/s", better="high")
COST = Figure("cost", "cost", "µs")


def judged(figure: Figure, target: Target, **systems: float) -> tuple[float | None, bool | None]:
    medians = {name.replace("_", "-"): {figure.key: value} for name, value in systems.items()}
    verdict = target.judge(figure, medians)
    return verdict.measured, verdict.met


@pytest.mark.parametrize(("value", "met"), [(300.0, True), (299.9, False), (1e9, True)])
def test_a_figure_has_to_be_at_least_so_much(value, met):
    assert judged(RATE, Target("", "rate", at_least=300), chorus=value) == (value, met)


@pytest.mark.parametrize(("value", "met"), [(25.0, True), (25.1, False), (0.0, True)])
def test_a_figure_has_to_be_at_most_so_much(value, met):
    assert judged(COST, Target("", "cost", at_most=25), chorus=value) == (value, met)


def test_a_ratio_is_to_the_best_of_the_others_whatever_best_means():
    high = Target("", "rate", at_least=4, against=("socketio-redis", "ws"))
    assert judged(RATE, high, chorus=100.0, socketio_redis=10.0, ws=25.0) == (4.0, True)
    low = Target("", "cost", at_most=0.6, against=("socketio-redis", "ws"))
    assert judged(COST, low, chorus=5.0, socketio_redis=10.0, ws=8.0) == (0.625, False)


def test_without_the_others_or_without_chorus_nothing_is_judged():
    target = Target("", "rate", at_least=4, against=("ws",))
    assert judged(RATE, target, chorus=100.0) == (None, None)
    assert judged(RATE, target, ws=100.0) == (None, None)
    assert judged(RATE, target, chorus=100.0, ws=0.0) == (None, None)


def test_the_best_of_none_is_none():
    assert best_of(RATE, {"ws": {"cost": 1.0}}, ["ws", "chorus"]) is None


def case(*targets: Target) -> Case:
    return Case("name", "title", "what", (RATE,), ("chorus",), lambda *_: None, targets)


def test_who_never_brings_it_to_an_end_misses_every_target():
    (verdict,) = case(Target("", "rate", at_least=1)).verdicts([sample(faults=["incomplete"], rate=5.0)])
    assert (verdict.measured, verdict.met) == (None, False)


def test_a_void_run_is_neither_met_nor_missed():
    (verdict,) = case(Target("", "rate", at_least=1)).verdicts([sample(faults=[f"{VOID}busy"], rate=5.0)])
    assert (verdict.measured, verdict.met) == (None, None)


def test_one_run_that_counts_is_enough():
    samples = [sample(faults=["incomplete"]), sample(rate=5.0)]
    (verdict,) = case(Target("", "rate", at_least=1)).verdicts(samples)
    assert (verdict.measured, verdict.met) == (5.0, True)


def test_every_case_is_in_one_block_and_names_systems_and_figures_that_there_are():
    assert sorted(each.name for block in BLOCKS for each in block) == sorted(CASES)
    for each in CASES.values():
        keys = [figure.key for figure in each.figures]
        assert len(set(keys)) == len(keys)
        assert all(target.figure in keys for target in each.targets)
        named = {*each.systems, *each.quick, *(name for target in each.targets for name in target.against)}
        assert named <= set(SYSTEMS)
        assert set(each.quick) <= set(each.systems)
        assert all((target.at_least is None) != (target.at_most is None) for target in each.targets)
