"""What can be measured: every server under its name, and how it is started, watched and ended.

Must not know what load a server is put under. A server that a benchmark of one's own is to see gets a `System` here.

    system      what there is to know of one server, and of the crowd that comes to it
    running     started, pinned to processors, and ended by its own id
    pin         the program that pins, before it becomes the server
    programs    what is installed where, and in which version
    chorus      Chorus itself
    channels    the chat tutorial of Channels, on Daphne and uvicorn, with each layer
    peers       python-socketio, Socket.IO and ws
"""

from benchmarks.systems.channels import CHANNELS
from benchmarks.systems.chorus import CHORUS
from benchmarks.systems.peers import PEERS
from benchmarks.systems.running import Running, start
from benchmarks.systems.system import Crowd, Place, System

__all__ = ["SYSTEMS", "Crowd", "Place", "Running", "System", "start"]

SYSTEMS: dict[str, System] = {system.name: system for system in (*CHORUS, *CHANNELS, *PEERS)}
"""All of them, by name, in the order reports show them."""
