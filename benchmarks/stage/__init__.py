"""Where systems are measured: one at a time, on a processor of its own, with its crowd inside.

Knows systems and load, and no case: what is asked of a system stands in cases/.

    cores       the two processors, and how busy they have been
    meter       what the processes of a measurement have cost
    databases   a database of its own for each server, with the accounts of a crowd in it
    entrance    how a crowd comes in
    load        a schedule of messages, and what came of it
    session     one running system with its crowd inside
    stage       PostgreSQL, Redis, and the session that is open
"""

from benchmarks.stage.cores import LOAD_BUSY_MAX, Cores, StageError, choose_cores
from benchmarks.stage.entrance import HOST
from benchmarks.stage.load import Load, schedule
from benchmarks.stage.meter import Meter, Usage
from benchmarks.stage.session import Entry, Session, Setting
from benchmarks.stage.stage import House, Stage

__all__ = [
    "HOST",
    "LOAD_BUSY_MAX",
    "Cores",
    "Entry",
    "House",
    "Load",
    "Meter",
    "Session",
    "Setting",
    "Stage",
    "StageError",
    "Usage",
    "choose_cores",
    "schedule",
]
