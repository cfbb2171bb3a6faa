"""What is measured: each case a module, described by data.

figures            the figures most cases share
steady             a load that stays the same for a while: what most cases are
room_rate          one room of 500, the highest rate sustained
room_100k          the same at 100,000 deliveries a second, in plain JSON and in other forms
room_commit        the same in quiet conversation, from sent to received
rooms              10,000 sockets in 20 rooms, in 1,000, and in one
durable            posts kept and acknowledged
idle               10,000 who say nothing, and what it took to let them in
reconnect          10,000 who come back; storm is how they do
history            a page of history
growth             CPU over members and over rooms
presence           10,000 people present, some who come and go; attendance is how they do
dashboard          10,000 who watch a dashboard; watching is how they do
dashboard_polling  the same by polling, measured small and computed to the same size; polling is how they do
dashboard_chat     a room beside 10,000 who watch
"""

from benchmarks.case import Case
from benchmarks.cases.dashboard import DASHBOARD
from benchmarks.cases.dashboard_chat import DASHBOARD_CHAT
from benchmarks.cases.dashboard_polling import DASHBOARD_POLLING
from benchmarks.cases.durable import DURABLE
from benchmarks.cases.growth import GROWTH
from benchmarks.cases.history import HISTORY
from benchmarks.cases.idle import CONNECT, IDLE
from benchmarks.cases.presence import PRESENCE, PRESENCE_RUSH
from benchmarks.cases.reconnect import RECONNECT
from benchmarks.cases.room_100k import FORMS, ROOM_100K
from benchmarks.cases.room_commit import ROOM_COMMIT
from benchmarks.cases.room_rate import ROOM_RATE
from benchmarks.cases.rooms import CROWD, ROOMS_20, ROOMS_20_BUSY, ROOMS_1000

__all__ = ["BLOCKS", "CASES"]

BLOCKS: tuple[tuple[Case, ...], ...] = (
    (ROOM_100K, FORMS, ROOM_RATE),
    (ROOM_COMMIT,),
    (IDLE, CONNECT, ROOMS_20, ROOMS_20_BUSY),
    (ROOMS_1000,),
    (CROWD,),
    (DURABLE,),
    (RECONNECT,),
    (HISTORY,),
    (GROWTH,),
    (PRESENCE,),
    (PRESENCE_RUSH,),
    (DASHBOARD,),
    (DASHBOARD_POLLING,),
    (DASHBOARD_CHAT,),
)
"""In the order they are run. Cases of one block find the same session open, one after another on each system."""

CASES: dict[str, Case] = {
    case.name: case
    for case in (
        ROOM_RATE,
        ROOM_100K,
        FORMS,
        ROOM_COMMIT,
        ROOMS_20,
        ROOMS_20_BUSY,
        ROOMS_1000,
        CROWD,
        DURABLE,
        IDLE,
        CONNECT,
        RECONNECT,
        HISTORY,
        GROWTH,
        PRESENCE,
        PRESENCE_RUSH,
        DASHBOARD,
        DASHBOARD_POLLING,
        DASHBOARD_CHAT,
    )
}
"""All of them, by name, in the order reports show them."""
