"""Joins the connection, the subscriptions and the outbox of one client: each hears what concerns it.

Everything in here is told or asked by one of them; users meet client.py.
"""

import logging
from collections.abc import Callable

from realtime.client.clock import Clock
from realtime.client.connection import Connection
from realtime.client.credentials import Credentials
from realtime.client.errors import ClientClosed
from realtime.client.outbox import Outbox
from realtime.client.states import ConnectionState, Status, SubscriptionState
from realtime.client.store import Store
from realtime.client.subscription import Subscription
from realtime.client.transport import Address, Dial
from realtime.client.wire import Answer
from realtime.protocol.frames import ClientFrame, Event, Unsubscribed
from realtime.protocol.limits import Limits

__all__ = ["Switchboard"]

logger = logging.getLogger(__name__)

RESTING = (ConnectionState.IDLE, ConnectionState.CLOSED)


class Switchboard:
    """See the module. One per client."""

    def __init__(
        self,
        address: Address,
        *,
        dial: Dial,
        clock: Clock,
        random: Callable[[], float],
        credentials: Credentials,
        store: Store,
    ) -> None:
        self.connection = Connection(
            address, dial=dial, clock=clock, random=random, credentials=credentials, events=self
        )
        self.subscriptions: dict[str, Subscription] = {}
        self.listeners: list[Callable[[Status], object]] = []
        self.outbox = Outbox(store, self, clock, random)

    # --- told by the connection -------------------------------------------------------------------

    def up(self) -> None:
        """Requests pass: every subscription goes on from its position."""
        for subscription in list(self.subscriptions.values()):
            subscription.connected()

    def down(self, code: int | None) -> None:
        """The connection is gone."""
        for subscription in list(self.subscriptions.values()):
            subscription.disconnected()
        self.outbox.down(code)

    def event(self, frame: Event | Unsubscribed) -> None:
        """Hand it to its subscription; what nobody wants any more is on its way out."""
        subscription = self.subscriptions.get(frame.topic)
        if subscription is None:
            return
        if isinstance(frame, Event):
            subscription.event(frame)
        else:
            subscription.unsubscribed(frame)

    def changed(self, status: Status) -> None:
        """Tell who listens. A listener that throws stops nobody."""
        if status.state in RESTING:
            self._rest(status)
        for listener in list(self.listeners):
            try:
                listener(status)
            except Exception:
                logger.exception("a listener to the client's state failed")

    # --- asked by subscriptions and outbox --------------------------------------------------------

    def ask(self, make: Callable[[int], ClientFrame], answer: Answer) -> None:
        """Send a request; `answer` is called exactly once."""
        self.connection.request(make, answer)

    def size_of(self, frame: ClientFrame) -> int:
        """The frame's bytes on the wire."""
        return self.connection.size_of(frame)

    def subscription_changed(self, subscription: Subscription) -> None:
        """Posts follow their topic: sent when it is live, failed when it is refused."""
        topic = subscription.topic
        if subscription.state is SubscriptionState.LIVE:
            self.outbox.flush(topic)
        elif subscription.state is SubscriptionState.FAILED and subscription.error is not None:
            self.outbox.refuse(topic, subscription.error)
        elif subscription.state is SubscriptionState.CLOSED:
            self.subscriptions.pop(topic, None)

    def is_live(self, topic: str) -> bool:
        subscription = self.subscriptions.get(topic)
        live = subscription is not None and subscription.state is SubscriptionState.LIVE
        return live and self.connection.is_up

    def resubscribe(self, topic: str) -> None:
        """The server does not know of a subscription that we thought live."""
        subscription = self.subscriptions.get(topic)
        if subscription is not None:
            subscription.subscribe()

    @property
    def frame_bytes(self) -> int:
        """The largest frame the server takes."""
        hello = self.connection.hello
        return Limits().frame_bytes if hello is None else hello.limits.frame_bytes

    def _rest(self, status: Status) -> None:
        closed = ClientClosed(status)
        ending = StopAsyncIteration() if status.state is ConnectionState.IDLE else closed
        for subscription in list(self.subscriptions.values()):
            subscription.rest(ending)
        self.outbox.rest(closed)
