"""A schedule of messages, and what came of one run of it: latencies, costs, and whether all of it counts."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.sample import VOID
from benchmarks.stage.cores import LOAD_BUSY_MAX
from benchmarks.stage.meter import Usage
from benchmarks.systems import Crowd
from loadtest.engine import Engine, Message, Outcome

__all__ = ["TEXT_BYTES", "Load", "drive", "schedule"]

TEXT_BYTES = 64
"""Of each message: a short line of a chat."""
SENDERS = 100
"""Members of a room who speak, in turn: more voices than one, and none over its own limit of requests."""
FIRST_S = 0.01
P99 = 0.99


@dataclass(frozen=True, slots=True)
class Load:
    """One run. last_sent_s: when the last message was due. usage: what it cost, from the first message to the end."""

    outcome: Outcome
    usage: Usage
    last_sent_s: float
    wants_replies: bool

    @property
    def deliveries_per_s(self) -> float:
        return self.outcome.deliveries / max(self.outcome.last_delivery_s, 1e-9)

    @property
    def p50_ms(self) -> float:
        return self.outcome.latency.quantile(0.5) * 1000

    @property
    def p99_ms(self) -> float:
        return self.outcome.latency.quantile(P99) * 1000

    @property
    def ack_p99_ms(self) -> float:
        return self.outcome.acks.quantile(P99) * 1000

    @property
    def behind_s(self) -> float:
        """How long after the last message was due the last delivery came."""
        return max(0.0, self.outcome.last_delivery_s - self.last_sent_s)

    @property
    def void(self) -> bool:
        """Whether the load's core was too busy for the run to say anything of the server."""
        return self.usage.load_core > LOAD_BUSY_MAX

    def per_delivery_us(self, spent_s: float) -> float:
        return spent_s / max(self.outcome.deliveries, 1) * 1e6

    def faults(self) -> list[str]:
        """Why this run counts for nothing, a sentence each; none where it counts."""
        out, faults = self.outcome, []
        if self.void:
            faults.append(f"{VOID}the load's core was {self.usage.load_core:.0%} busy")
        if out.refused:
            faults.append(f"incomplete: {out.refused} of {out.sent} messages were refused ({out.first_error[:120]})")
        if not out.complete:
            faults.append(
                f"incomplete: of {out.expected} deliveries {out.missing} missing and {out.doubled} doubled, "
                f"{out.disordered} rooms out of order, {out.closed} connections closed"
            )
        elif self.wants_replies and out.acknowledged + out.refused < out.sent:
            faults.append(f"incomplete: {out.sent - out.acknowledged - out.refused} messages never acknowledged")
        return faults


def schedule(crowd: Crowd, per_room_s: float, length_s: float) -> list[Message]:
    """So many messages a second in each room, evenly, the rooms one after another, its members in turn."""
    messages = []
    count = max(1, round(per_room_s * length_s))
    for room in range(crowd.rooms):
        voices = range(room, crowd.members, crowd.rooms)[:SENDERS]
        begin = FIRST_S + room / crowd.rooms / per_room_s
        messages += [Message(begin + at / per_room_s, voices[at % len(voices)]) for at in range(count)]
    return sorted(messages, key=lambda message: message.at_s)


def drive(engine: Engine, messages: Sequence[Message], length_s: float, *, grace_s: float, acks: bool) -> Outcome:
    """Run the engine in a thread, so that whoever is asked to stop does not have to wait for it."""
    outcomes: list[Outcome] = []
    failures: list[BaseException] = []

    def work() -> None:
        try:
            outcomes.append(engine.run(messages, length_s, grace_s=grace_s, acks=acks))
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            failures.append(error)

    thread = threading.Thread(target=work, name="load")
    thread.start()
    try:
        thread.join()
    except BaseException:
        engine.stop()
        thread.join()
        raise
    if failures:
        raise failures[0]
    return outcomes[0]
