"""*snapshot + diffs = fresh snapshot*, whatever comes, goes, crashes and is forgotten in between, on two processes.

Readers here do what the hub does: a diff that does not follow is a hole, and a hole is filled by the whole.
"""

from __future__ import annotations

import contextlib

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from presence.announce import publication, snapshot_data
from presence.roster import Choice, Chosen, Diff, Roster, merge
from presence.store import LeaseLost, MemoryCluster, MemoryStore, Settling
from presence.table import Table

ROOM, LIST_MAX = "den", 4
USERS = st.integers(1, 6)
PROCESSES = st.integers(0, 1)
SECONDS = st.sampled_from([0.0, 0.6, 0.6, 2.0, 6.0])
"""What passes after each step; with none, steps fall into one tick."""


def run(coroutine):
    """The store's methods wait for nothing here."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waited")


class Process:
    """A table and a store, and what the two come to."""

    def __init__(self, cluster: MemoryCluster) -> None:
        self.cluster = cluster
        self.table = Table(5.0, 0.5, lambda room: False)
        self.store = MemoryStore(cluster)
        run(self.store.enter())

    def turn(self) -> list[Diff]:
        try:
            dead = run(self.store.tick(renew=True))
            diffs = [diff for each in dead for diff in run(self.store.reap(each.lease))]
            batch = self.table.take(self.cluster.clock())
            diffs += run(self.store.apply(batch.changes, batch.done_with))
        except LeaseLost:
            run(self.store.enter())
            self.table.forgotten(self.cluster.clock())
            return []
        self.table.confirm(batch)
        return diffs


class Reader:
    """Somebody who was shown a snapshot once and merges what they are told. Loses some of it."""

    def __init__(self, processes: list[Process]) -> None:
        self.processes = processes
        self.version = -1
        self.roster: Roster | None = None
        self.behind = True

    @property
    def store(self) -> MemoryStore:
        """Of the process they are connected to."""
        return self.processes[0].store

    def heal(self) -> None:
        state = run(self.store.state(ROOM, LIST_MAX))
        if self.behind or state.version > self.version:
            self.roster = merge(self.roster, "snapshot", snapshot_data(state))
            self.version, self.behind = state.version, False

    def told(self, diff: Diff) -> None:
        published = publication(diff, LIST_MAX)
        if diff.version <= self.version or self.behind:
            return
        if published is None or diff.prev > self.version:
            self.behind = True
            return
        event = "snapshot" if diff.count > LIST_MAX >= diff.before else "diff"
        data = {"count": diff.count, "users": None} if diff.count > LIST_MAX else diff.data()
        self.roster = merge(self.roster, event, data)
        self.version = diff.version


class Presence(RuleBasedStateMachine):
    """Two processes, users with several devices on either, one reader that misses some."""

    devices = Bundle("devices")

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000.0
        self.cluster = MemoryCluster(lambda: self.now)
        self.processes = [Process(self.cluster) for _ in range(2)]
        self.reader = Reader(self.processes)
        self.reader.heal()
        self.device = 0
        self.choices: dict[int, Chosen] = {}

    def chosen(self, user: int) -> Chosen:
        """What the database says."""
        return self.choices.get(user, Chosen())

    @rule(target=devices, process=PROCESSES, user=USERS, then=SECONDS)
    def come(self, process: int, user: int, then: float) -> tuple[int, str]:
        self.device += 1
        name = f"device-{self.device}"
        self.processes[process].table.join(ROOM, name, user, f"user-{user}", self.chosen(user), self.now)
        self.turn(then)
        return process, name

    @rule(device=devices, at_once=st.booleans(), then=SECONDS)
    def go(self, device: tuple[int, str], at_once: bool, then: float) -> None:
        self.processes[device[0]].table.leave(ROOM, device[1], self.now, at_once=at_once)
        self.turn(then)

    @rule(device=devices, away=st.booleans(), then=SECONDS)
    def rest(self, device: tuple[int, str], away: bool, then: float) -> None:
        self.processes[device[0]].table.away(device[1], away, self.now)
        self.turn(then)

    @rule(user=USERS, choice=st.sampled_from(Choice), heard=st.sets(PROCESSES), then=SECONDS)
    def choose(self, user: int, choice: Choice, heard: set[int], then: float) -> None:
        """Not every process hears of it; it is found by looking, later."""
        chosen = self.choices[user] = Chosen(choice, len(self.choices) + self.chosen(user).at + 1)
        for process in heard:
            self.processes[process].table.choose(user, chosen, self.now)
        self.turn(then)

    @rule()
    def look(self) -> None:
        """The look for choices that no word was heard of."""
        for process in self.processes:
            for user, chosen in self.choices.items():
                process.table.choose(user, chosen, self.now)

    @rule(seconds=SECONDS)
    def lose(self, seconds: float) -> None:
        """What is told meanwhile does not reach the reader."""
        self.turn(seconds, lost=True)

    @rule()
    def heal(self) -> None:
        """The check of the versions."""
        with contextlib.suppress(Settling):
            self.reader.heal()

    @rule(process=PROCESSES)
    def crash(self, process: int) -> None:
        """Killed, and started again with nobody: what it had is a dead process' now."""
        self.processes[process] = Process(self.cluster)

    @rule()
    def forget(self) -> None:
        """The store loses everything; its clock goes on."""
        self.now += 0.1
        self.cluster.forget()

    def turn(self, seconds: float, *, lost: bool = False) -> None:
        self.now += seconds
        for process in self.processes:
            for diff in process.turn():
                if not lost:
                    self.reader.told(diff)

    @invariant()
    def what_is_merged_is_what_is_there(self) -> None:
        try:
            fresh = run(self.reader.store.state(ROOM, LIST_MAX))
        except Settling:
            return
        if fresh.version == self.reader.version and not self.reader.behind:
            assert self.reader.roster == merge(None, "snapshot", snapshot_data(fresh))

    def teardown(self) -> None:
        """A minute in peace: all that was said and reaped has been, and one look at the versions heals the rest."""
        self.look()
        for _ in range(60):
            self.turn(1.0)
        self.reader.heal()
        expected = {
            user: str(status)
            for process in self.processes
            for user in process.table.seen(ROOM)
            for status in [run(self.reader.store.statuses(ROOM, [user]))[user]]
        }
        roster = self.reader.roster
        assert roster is not None
        assert roster.count == len(expected)
        assert roster.users is None or {user["id"]: user["status"] for user in roster.users.values()} == expected


TestPresence = Presence.TestCase
TestPresence.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
