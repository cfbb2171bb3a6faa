"""The dashboards that Chorus brings along. Each is made the way a developer makes one.

alerts.py      what every other dashboard's limits say
overview.py    how Chorus is doing, over all processes
processes.py   each process by itself
rooms.py       which rooms are busy
moderation.py  what moderators do
"""

__all__: list[str] = []
