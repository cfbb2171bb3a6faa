"""How a client enters a room of each server and what it says there: all that the load knows of a server's protocol.

A dialect opens connections and hands them over as bare file descriptors, entered and silent; whoever drives them
needs to know no more than the bytes of a `Template`, and what to answer when the server asks for life. Must not know
how a server is started.

    frames      RFC 6455: a client's frames and a server's, as bytes
    template    a message with holes for its number
    dialect     what every dialect offers
    link        one connection until it is handed over: upgrade, send, receive
    chat        JSON of one field, for the servers whose address names the room
    socketio    Engine.IO 4 and Socket.IO 5
"""

from benchmarks.dialects.chat import ChatDialect
from benchmarks.dialects.dialect import Dialect
from benchmarks.dialects.frames import client_frame
from benchmarks.dialects.link import EntryRefusedError, Link, entering
from benchmarks.dialects.socketio import SocketIoDialect
from benchmarks.dialects.template import NUMBER, NUMBER_DIGITS, Template, message_text

__all__ = [
    "NUMBER",
    "NUMBER_DIGITS",
    "ChatDialect",
    "Dialect",
    "EntryRefusedError",
    "Link",
    "SocketIoDialect",
    "Template",
    "client_frame",
    "entering",
    "message_text",
]
