"""A whole load test of Chorus: bring the clients in, let them talk, say what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass

from loadtest.chorus import ChorusDialect
from loadtest.engine import Engine, Message, Outcome
from loadtest.entering import Crowd, Entrance
from loadtest.schedule import schedule, senders_per_room
from loadtest.target import Target

__all__ = ["Measured", "Plan", "Progress", "measure"]

PROGRESS_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done. tokens: one for each client; client k talks in rooms[k mod N]. rate: messages/s per room.

    senders: at least so many of each room's clients send; None: as many as it takes, or ten.
    """

    target: Target
    tokens: Sequence[str]
    rooms: Sequence[str]
    rate: float
    duration_s: float
    text_bytes: int
    senders: int | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How it stands. clients: that are in; the other figures are of the run, once it has begun."""

    clients: int
    running_s: float = 0.0
    sent: int = 0
    deliveries: int = 0
    per_s: float = 0.0
    p99_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What was done. senders: of each room. planned: messages; interrupted: before all of them were sent."""

    plan: Plan
    crowd: Crowd
    senders: int
    planned: int
    interrupted: bool
    outcome: Outcome


async def measure(plan: Plan, watch: Callable[[Progress], None]) -> Measured:
    """Run the plan. `watch` is told how it stands about twice a second.

    Ctrl+C and SIGTERM end the run early, and what was measured is given. While the clients still enter, there is
    nothing to give: KeyboardInterrupt. Raises LoadError, and EngineError as the engine does.
    """
    dialect = ChorusDialect(plan.tokens, path=plan.target.path)
    entrance = Entrance(dialect, plan.target, plan.rooms)
    try:
        await entrance.first()
        senders = senders_per_room(
            rate=plan.rate,
            # The last rooms may have one client less.
            members=len(plan.tokens) // len(plan.rooms),
            requests_per_s=dialect.requests_per_s or 1.0,
            wanted=plan.senders,
        )
        async with _reporting(lambda: watch(Progress(len(entrance.crowd.sockets)))):
            await entrance.others(len(plan.tokens))
        engine = Engine(entrance.crowd.sockets, entrance.crowd.rooms)
    except BaseException:
        entrance.crowd.close()
        raise
    with contextlib.closing(engine):
        engine.speaks(dialect.speech)
        messages = _prepare(engine, dialect, plan, entrance.crowd, senders)
        outcome = await _run(engine, messages, plan.duration_s, watch, len(entrance.crowd.sockets))
    return Measured(plan, entrance.crowd, senders, len(messages), outcome.sent < len(messages), outcome)


def _prepare(engine: Engine, dialect: ChorusDialect, plan: Plan, crowd: Crowd, senders: int) -> list[Message]:
    chosen = [crowd.members(room)[:senders] for room in range(len(plan.rooms))]
    for slug, places in zip(plan.rooms, chosen, strict=True):
        template = dialect.message(slug, plan.text_bytes)
        for place in places:
            engine.sends(place, template)
    return schedule(chosen, rate=plan.rate, duration_s=plan.duration_s)


async def _run(
    engine: Engine, messages: list[Message], duration_s: float, watch: Callable[[Progress], None], clients: int
) -> Outcome:
    started = time.monotonic()

    def tell() -> None:
        running_s = time.monotonic() - started
        sent, deliveries = engine.progress()
        watch(Progress(clients, running_s, sent, deliveries, deliveries / running_s, engine.latency().quantile(0.99)))

    with _ended_by_signals(engine):
        async with _reporting(tell):
            return await asyncio.to_thread(engine.run, messages, duration_s, acks=True)


@contextlib.contextmanager
def _ended_by_signals(engine: Engine) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        loop.add_signal_handler(number, engine.stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)


@contextlib.asynccontextmanager
async def _reporting(tell: Callable[[], None]) -> AsyncIterator[None]:
    async def for_ever() -> None:
        while True:
            await asyncio.sleep(PROGRESS_EVERY_S)
            tell()

    task = asyncio.create_task(for_ever())
    try:
        yield
    finally:
        task.cancel()
