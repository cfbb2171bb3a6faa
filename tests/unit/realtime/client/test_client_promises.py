"""Whatever happens to the connection: what was posted is there once and in order, and so is what was read."""

import asyncio
import itertools
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.client import RealtimeClient, Received, RoomState
from realtime.client.states import Reason
from realtime.client.transport import DialError
from realtime.protocol import Send
from tests.unit.realtime.client.fakes import FakeClock, FakeServer

TOPIC = "chat/general"

actions = st.one_of(
    st.just(("post",)),
    st.just(("publish",)),
    st.just(("lose",)),  # an event that never arrives
    st.just(("cut",)),
    st.just(("commit_and_cut",)),  # the post is done, its answer is not heard
    st.just(("refuse",)),
    st.just(("no_dial",)),
    st.just(("repeat",)),
    st.just(("restart",)),  # the process dies and the next one gets its store
    st.tuples(st.just("wait"), st.sampled_from([0.0, 0.3, 5.0, 70.0])),
    st.tuples(st.just("recover_max"), st.integers(0, 4)),
)


class Story:
    """One run: the server, the client of the moment, what was posted and what is shown."""

    def __init__(self, server: Any, clock: Any) -> None:
        self.server, self.clock = server, clock
        self.posted: list[str] = []
        self.numbers = itertools.count()
        self.state = RoomState()
        self.store: Any = None

    async def begin(self) -> None:
        self.client = RealtimeClient(
            "ws://server/ws/", dial=self.server.dial, clock=self.clock, random=lambda: 0.5, store=self.store
        )
        self.store = self.client.outbox._store
        self.client.start()
        subscribing = asyncio.create_task(self.client.subscribe(TOPIC, listener=self.show))
        await self.clock.advance(60)
        await subscribing

    def show(self, received: Received) -> None:
        # A log's event comes exactly once, and in order; only a snapshot may jump.
        if received.event == "message":
            assert received.seq is not None
            assert received.seq > self.state.seq
        self.state = self.state.apply(received)

    async def act(self, action: str, value: Any = None) -> None:
        match action:
            case "post":
                self.posted.append(f"mine {next(self.numbers)}")
                self.client.outbox.add(TOPIC, "message.post", {"text": self.posted[-1]})
            case "publish" | "lose":
                self.server.publish(TOPIC, f"theirs {next(self.numbers)}", lose=action == "lose")
            case "cut":
                self.server.sockets[-1].end(1006)
            case "commit_and_cut":
                self.commit_and_cut(self.server.sockets[-1])
            case "refuse":
                self.server.refusals.append({"code": "unavailable", "retryable": True})
            case "no_dial":
                self.server.dial_errors.append(DialError(Reason.LOST, "refused"))
            case "repeat" if self.server.logs.get(TOPIC):
                last = self.server.logs[TOPIC][-1]
                self.server.sockets[-1].push(op="event", topic=TOPIC, event="message", data=last, seq=last["seq"])
            case "restart":
                await self.client.stop()
                self.state = RoomState()
                await self.begin()
            case "wait":
                await self.clock.advance(value)
            case "recover_max":
                self.server.recover_max = value

    def commit_and_cut(self, socket: Any) -> None:
        take = socket.take

        def commit_then_cut(frame: Any) -> None:
            if isinstance(frame, Send):
                sockets, self.server.sockets = self.server.sockets, []
                self.server.post(type("Deaf", (), {"push": lambda *_, **__: None})(), frame)
                self.server.sockets = sockets
                socket.end(1006)
            else:
                take(frame)

        socket.take = commit_then_cut

    async def end(self) -> None:
        self.server.refusals.clear()
        self.server.dial_errors.clear()
        self.server.sockets[-1].end(1006)
        await self.clock.advance(120)
        # One more change, so that a hole at the very end shows.
        self.server.publish(TOPIC, "the end")
        await self.clock.advance(60)
        await self.client.stop()


@settings(max_examples=150, deadline=None)
@given(st.lists(actions, max_size=25))
def test_posts_arrive_once_and_in_order_and_the_reader_sees_the_log(story: list[tuple[Any, ...]]) -> None:
    async def run() -> None:
        teller = Story(FakeServer(), FakeClock())
        await teller.begin()
        for action in story:
            await teller.act(*action)
        await teller.end()
        log = teller.server.logs[TOPIC]
        assert [m["text"] for m in log if m["text"].startswith("mine")] == teller.posted
        assert teller.client.outbox.waiting == 0
        shown = teller.state.messages
        assert shown == log[-len(shown) :]
        assert teller.state.seq == len(log)

    asyncio.run(run())
