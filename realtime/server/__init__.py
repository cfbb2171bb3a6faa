"""`manage.py serve`: uvicorn with the fast lane, draining, and workers.

Must not know any feature. The only part of the engine that knows uvicorn; on other ASGI servers the same
consumers run over bounded queues.

    lane.py      the WebSocket protocol class: a writer straight to the transport, pongs as life
    http.py      the HTTP protocol class: a handshake has to come in time and to be one
    rfc6455.py   what the standard asks for and the libraries leave out
    reading.py   the short way for what is nearly always read: one whole text frame
    inbox.py     what the protocol keeps for the application, small
    deflate.py   compressed messages, of which those that go out are made elsewhere, once for all
    worker.py    one server process: uvicorn's Server with draining in place of its own shutdown
    workers.py   several of them behind one listening socket: restart, rolling restart
    lifespan.py  starts and closes the hub with the server
"""

from realtime.server.worker import Worker, WorkerOptions
from realtime.server.workers import Workers

__all__ = ["Worker", "WorkerOptions", "Workers"]
