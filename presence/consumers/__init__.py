"""The topics of presence.

room.py     presence/<room>: who is in a room; being subscribed is being there
site.py     site/presence: everybody who is anywhere, for staff
me.py       user/presence: what one chose, whether one is at this device, and numbers for a list of rooms
subject.py  whose access a room's presence borrows
"""

from presence.consumers.me import MyPresenceConsumer
from presence.consumers.room import PresenceConsumer
from presence.consumers.site import SitePresenceConsumer

__all__ = ["MyPresenceConsumer", "PresenceConsumer", "SitePresenceConsumer"]
