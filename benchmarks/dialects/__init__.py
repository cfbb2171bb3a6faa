"""How a client enters a room of each peer and what it says there: all that the load knows of a server's protocol.

What every dialect offers, and the way in by WebSocket, stand in loadtest/, and Chorus' own with them. Must not know
how a server is started.

    chat        JSON of one field, for the servers whose address names the room
    socketio    Engine.IO 4 and Socket.IO 5
"""

from benchmarks.dialects.chat import ChatDialect
from benchmarks.dialects.socketio import SocketIoDialect

__all__ = ["ChatDialect", "SocketIoDialect"]
