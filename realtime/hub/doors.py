"""The named doors from everywhere else into the hub: `publish`, `publish_event`, `signal`, `on_signal`.

Callable from any thread and from synchronous code; they return at once and never raise. A process without
a running hub (a management command, a shell) publishes over the broker from a thread of its own; without a
broker the running servers find what it wrote within one check of the logs' tops.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import os
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent import futures
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

from realtime.hub.messages import send_all
from realtime.hub.types import Item, Publication, Signal
from realtime.layers import InProcessChannelLayer
from realtime.protocol.errors import Unavailable

if TYPE_CHECKING:
    from realtime.hub.hub import Hub

__all__ = ["PROCESS_STREAM", "ask_hub", "holding", "hub_of", "on_signal", "publish", "publish_event", "signal"]

logger = logging.getLogger(__name__)

PROCESS_STREAM = "@process"
"""Joined by every process: signals on it reach the handlers of `on_signal`, not consumers."""

_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}
_handlers: dict[str, list[Callable[[Hub, Mapping[str, Any]], None]]] = {}
_held: ContextVar[list[Publication] | None] = ContextVar("held", default=None)
_outside_lock = threading.Lock()
_outside: asyncio.AbstractEventLoop | None = None
_outside_turn = asyncio.Lock()
_sending: set[futures.Future[None]] = set()
OUTSIDE_DEADLINE_S = 1.0
ANSWER_WITHIN_S = 5.0

T = TypeVar("T")


def publish(publications: Sequence[Publication]) -> None:
    """Hand publications to every hub of this process, and through one of them to the other processes.

    Order is kept per calling thread. Call it after the commit (`transaction.on_commit`), never before.
    """
    if not publications:
        return
    if (held := _held.get()) is not None:
        held.extend(publications)
        return
    publications, forward = tuple(publications), True
    for hub in list(_hubs.values()):
        if _hand_over(hub, publications, forward=forward):
            forward = False
    if forward:
        _publish_outside(publications)


@contextlib.contextmanager
def holding(held: list[Publication]) -> Iterator[None]:
    """Keep in `held` what this thread publishes inside. The caller publishes it, behind what has to come first."""
    token = _held.set(held)
    try:
        yield
    finally:
        _held.reset(token)


def publish_event(stream: str, topic: str, event: str, data: Any) -> None:
    """Publish one event without a seq: delivered to who is there, lost to who is not."""
    publish((Publication(stream, (Item.of(topic, event, data),)),))


def signal(stream: str, name: str, data: Mapping[str, Any] | None = None) -> None:
    """Tell the consumers of a stream, on all processes, something their sockets are not shown."""
    publish((Publication(stream, signal=Signal(name, data or {})),))


def on_signal(name: str, handler: Callable[[Hub, Mapping[str, Any]], None]) -> None:
    """Call `handler(hub, data)` on the hub's loop for each signal of that name on `"@process"`."""
    _handlers.setdefault(name, []).append(handler)


def ask_hub(asked: Callable[[Hub], Coroutine[Any, Any, T]]) -> T:
    """From a thread: run `asked(hub)` on the loop of this process' hub and wait for the answer.

    Raises Unavailable where the process has no hub (a command, a server that greeted no socket yet) or it is late,
    and whatever `asked` raises.
    """
    for hub in list(_hubs.values()):
        if hub.closed or hub.loop.is_closed():
            continue
        answer = asyncio.run_coroutine_threadsafe(_asked(asked, hub), hub.loop)
        try:
            return answer.result(ANSWER_WITHIN_S)
        except futures.TimeoutError:
            answer.cancel()
            raise Unavailable("The server is too busy to say; try again.") from None
    raise Unavailable("Nothing is live in this process yet; try again.", retry_after_s=1.0)


async def _asked(asked: Callable[[Hub], Coroutine[Any, Any, T]], hub: Hub) -> T:
    return await asked(hub)  # called here, on the loop, and not in the thread that asks


# --- for the hub alone ----------------------------------------------------------------------------


def register(hub: Hub) -> None:
    _hubs[hub.loop] = hub


def unregister(hub: Hub) -> None:
    _hubs.pop(hub.loop, None)


def hub_of(loop: asyncio.AbstractEventLoop) -> Hub | None:
    """The hub that lives on `loop`, if it was started."""
    hub = _hubs.get(loop)
    return None if hub is None or hub.closed else hub


def deliver_process_signal(hub: Hub, received: Signal) -> None:
    for handler in _handlers.get(received.name, ()):
        try:
            handler(hub, received.data)
        except Exception:
            logger.exception("The handler of process signal %r failed", received.name)


def _hand_over(hub: Hub, publications: Sequence[Publication], *, forward: bool) -> bool:
    """Whether the hub could be reached."""
    if _running_loop() is hub.loop:
        hub.accept(publications, forward=forward)
        return True
    try:
        hub.loop.call_soon_threadsafe(lambda: hub.accept(publications, forward=forward))
    except RuntimeError:
        unregister(hub)  # its loop was closed without aclose()
        return False
    return True


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None  # no loop in this thread: the usual case after a commit


# --- a process without a hub ----------------------------------------------------------------------


@atexit.register
def finish_outside() -> None:
    """A command may end right after its last write: give the broker its second, never more."""
    futures.wait(list(_sending), timeout=OUTSIDE_DEADLINE_S)


def _publish_outside(publications: Sequence[Publication]) -> None:
    from channels.layers import get_channel_layer

    try:
        layer = get_channel_layer()
    except Exception:
        logger.exception("There is no channel layer to publish on")
        return
    if layer is None or isinstance(layer, InProcessChannelLayer):
        return
    sending = asyncio.run_coroutine_threadsafe(_send(layer, publications), _outside_loop())
    _sending.add(sending)
    sending.add_done_callback(_sending.discard)


async def _send(layer: Any, publications: Sequence[Publication]) -> None:
    try:
        # One after the other: two that wait for the broker together may come out in either order.
        async with asyncio.timeout(OUTSIDE_DEADLINE_S), _outside_turn:
            await send_all(layer, publications)
    except Exception as error:  # noqa: BLE001 - any broker's errors; the servers' check delivers it
        logger.warning("Could not publish over the broker (%r); servers read it from the database", error)


def _outside_loop() -> asyncio.AbstractEventLoop:
    """One daemon thread with one loop for the life of the process, never a loop per call."""
    global _outside  # noqa: PLW0603 - one loop per process
    with _outside_lock:
        if _outside is None:
            _outside = asyncio.new_event_loop()
            threading.Thread(target=_outside.run_forever, name="chorus-publisher", daemon=True).start()
        return _outside


def _forget_parent() -> None:
    """In a forked child: the parent's loops and threads are not here, and what is handed to them is lost."""
    global _outside, _outside_lock, _outside_turn
    _hubs.clear()
    _sending.clear()
    _outside, _outside_lock, _outside_turn = None, threading.Lock(), asyncio.Lock()


os.register_at_fork(after_in_child=_forget_parent)
