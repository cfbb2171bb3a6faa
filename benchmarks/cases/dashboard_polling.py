"""The same dashboard, asked for over HTTP every 5 s: measured as far as one core goes, and computed from there.

What is computed has "computed" in its name: requests a second, cores and bytes are proportional to those who poll.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.case import CHORUS, Case, Figure
from benchmarks.cases.dashboard import BOARD, QUICK_LENGTH_S, QUIET_S, WARM_UP_S, watched_figures, watchers_of
from benchmarks.cases.polling import Pollers, Polls
from benchmarks.cases.watching import PATH, board_house, core, tokens_of, watching
from benchmarks.sample import VOID, Finding, Sample
from benchmarks.stage import LOAD_BUSY_MAX, House, Load, Stage, Usage
from benchmarks.systems import Crowd, System

__all__ = ["DASHBOARD_POLLING", "Polling", "compared"]

EVERY_S = 5.0
POLLERS, QUICK_POLLERS = 500, 200
POLLED_S, QUICK_POLLED_S = 30.0, 12.0
AT_ONCE = 32
"""Connections that ask again as soon as they are answered: enough to leave no pause, few enough to keep waits short."""
FULL_S, QUICK_FULL_S = 15.0, 4.0
WATCHED_S = 20.0


@dataclass(frozen=True, slots=True)
class Polling:
    """A time of polling and what it cost. pollers: how many they were."""

    pollers: int
    polls: Polls
    usage: Usage

    @property
    def cpu_s(self) -> float:
        """The server's, for each answer."""
        return self.usage.server_s / max(self.polls.answers, 1)

    @property
    def per_s(self) -> float:
        return self.polls.answers / self.polls.took_s

    @property
    def bytes(self) -> float:
        """Both ways, for each answer, with HTTP's heads and without TCP's."""
        return (self.polls.bytes_in + self.polls.bytes_out) / max(self.polls.answers, 1)

    def faults(self) -> list[str]:
        if self.polls.refused:
            return [f"incomplete: {self.polls.refused} requests were refused ({self.polls.refusal})"]
        if self.usage.load_core > LOAD_BUSY_MAX:
            return [f"{VOID}the load's core was {self.usage.load_core:.0%} busy"]
        return []


def compared(full: Polling, turns: Polling, load: Load, members: int, empty_core: float) -> dict[str, float]:
    """As many pollers as watchers, computed, beside the watchers, measured.

    full: without a pause, which gives the cost of an answer. turns: every 5 s, which gives bytes and ages.
    empty_core: what the server takes with nobody there; it is in both sums.
    """
    outcome, usage = load.outcome, load.usage
    asked_per_s = members / EVERY_S
    polled_core = asked_per_s * full.cpu_s + empty_core
    polled_bytes_s = asked_per_s * turns.bytes
    watched_core = usage.server_s / usage.took_s
    watched_bytes_s = (outcome.bytes_in + outcome.bytes_out) / outcome.took_s
    return {
        "asked_per_s": asked_per_s,
        "polled_core": polled_core * 100,
        "watched_core": watched_core * 100,
        "cpu_ratio": polled_core / watched_core,
        "polled_kb_s": polled_bytes_s / 1000,
        "watched_kb_s": watched_bytes_s / 1000,
        "bytes_ratio": polled_bytes_s / watched_bytes_s,
        "age_ratio": turns.polls.held_age_s / outcome.held_age_s if outcome.held_age_s else 0.0,
    }


def _measure(stage: Stage, system: System, _earlier: Sequence[Sample]) -> Finding:
    members = watchers_of(stage)
    count = QUICK_POLLERS if stage.quick else POLLERS
    polled_s, full_s = (QUICK_POLLED_S, QUICK_FULL_S) if stage.quick else (POLLED_S, FULL_S)
    with board_house(stage, system, Crowd(members)) as house:
        empty = core(house, QUIET_S)
        turns = [_polled(house, count, polled_s, EVERY_S, conditional=each) for each in (False, True)]
        full = [_polled(house, AT_ONCE, full_s, 0.0, conditional=each) for each in (False, True)]
        with watching(house, tokens_of(house)) as watchers:
            watchers.watch(WARM_UP_S)
            load = watchers.watch(QUICK_LENGTH_S if stage.quick else WATCHED_S)
            faults = [*load.faults(), *watchers.faults(load.outcome)]
    plain, conditional = turns
    return Finding(
        {
            **compared(full[0], plain, load, members, empty),
            "answer_ms": full[0].cpu_s * 1000,
            "full_per_s": full[0].per_s,
            "unchanged_per_s": full[1].per_s,
            "turn_answer_ms": plain.cpu_s * 1000,
            "answer_bytes": plain.bytes,
            "polled_age_ms": plain.polls.held_age_s * 1000,
            "watched_age_ms": watched_figures(load, members)["held_ms"],
        },
        faults=[*faults, *(fault for each in (*turns, *full) for fault in each.faults())],
        notes=_notes(plain, conditional, full[1], load, members),
    )


def _notes(plain: Polling, conditional: Polling, unchanged: Polling, load: Load, members: int) -> list[str]:
    busy = plain.usage.server_s / plain.usage.took_s
    pongs_per_s = load.outcome.pongs / load.outcome.took_s
    return [
        f"measured with {plain.pollers} who ask every {EVERY_S:g} s, which took {busy:.0%} of a core",
        f"and with {AT_ONCE} who ask without a pause; PostgreSQL took {_postgresql_ms(plain):.2f} ms more for each",
        f"computed for {members:,} who ask every {EVERY_S:g} s: requests, CPU and bytes",
        f"{members:,} who watch send no request; all together they answered {pongs_per_s:.0f} pings a second",
        f"with If-None-Match {_share(conditional):.0%} who asked every {EVERY_S:g} s got 304: the board had changed",
        f"of those without a pause {_share(unchanged):.0%} did, at {unchanged.cpu_s * 1000:.2f} ms of CPU an answer",
        f"{plain.polls.reopened} of {plain.polls.answers} requests found their connection closed by the server",
    ]


def _polled(house: House, count: int, length_s: float, every_s: float, *, conditional: bool) -> Polling:
    tokens = tokens_of(house)[:count]
    with Pollers(tokens, house.running.port, PATH, conditional=conditional) as pollers:
        pollers.poll(every_s or 1.0, every_s)
        house.meter.start()
        polls = pollers.poll(length_s, every_s)
        return Polling(count, polls, house.meter.stop())


def _share(polling: Polling) -> float:
    """Of answers that say only that nothing is new."""
    return polling.polls.unchanged / max(polling.polls.answers, 1)


def _postgresql_ms(polling: Polling) -> float:
    return polling.usage.postgresql_s / max(polling.polls.answers, 1) * 1000


DASHBOARD_POLLING = Case(
    name="dashboard-polling",
    title="The same dashboard polled every 5 s",
    what=(
        "`GET /api/dashboard/board/` with a token, on connections that are kept, against 10,000 watchers on the same "
        f"worker. {BOARD} Ten thousand pollers are 2,000 requests a second, more than a core answers: so the cost of "
        "an answer is measured on a full core, and what has *computed* in its head is that cost times 2,000, with what "
        "the worker takes by itself added. Mean age is of what a reader has in hand, over all the time he has it."
    ),
    figures=(
        Figure("cpu_ratio", "CPU, computed polling ÷ socket", "×", better="high"),
        Figure("bytes_ratio", "bytes, computed polling ÷ socket", "×", better="high", digits=2),
        Figure("age_ratio", "mean age, polling ÷ socket", "×", better="high"),
        Figure("asked_per_s", "computed: requests (the socket: none)", "/s", digits=0),
        Figure("polled_core", "computed: CPU by polling", "% of a core", digits=0),
        Figure("watched_core", "CPU by socket", "% of a core"),
        Figure("polled_kb_s", "computed: polling, both ways", "KB/s", digits=0),
        Figure("watched_kb_s", "socket, both ways", "KB/s", digits=0),
        Figure("polled_age_ms", "mean age by polling", "ms", digits=0),
        Figure("watched_age_ms", "mean age by socket", "ms", digits=0),
        Figure("full_per_s", "answers of a full core", "/s", better="high", digits=0),
        Figure("unchanged_per_s", "the same with If-None-Match", "/s", better="high", digits=0),
        Figure("answer_ms", "CPU per answer on a full core", "ms", digits=2),
        Figure("turn_answer_ms", "CPU per answer every 5 s", "ms", digits=2),
        Figure("answer_bytes", "bytes per answer, both ways", "bytes", digits=0),
    ),
    systems=(CHORUS,),
    measure=_measure,
    quick=(CHORUS,),
)
