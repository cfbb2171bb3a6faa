"""Rooms, members and messages over HTTP. Addresses and answers: docs/reference/protocol.md, and `/api/docs/`.

    requests.py  shapes of what is asked; unknown fields are refused
    answers.py   shapes of what is answered, for the OpenAPI document; made by `chat.serialize`
    base.py      what every view shares: who asks, and the room they ask about
    rooms.py     list, create, look, change; join and leave
    members.py   list and invite
    messages.py  history, post, edit, delete
    urls.py      their addresses

Views decide nothing: they check the shape, then call `chat.access`, `chat.selectors` and `chat.services`. A
refusal is an error of the protocol, turned into a status by `realtime.http.errors`.
"""

__all__ = ["answers", "base", "members", "messages", "requests", "rooms", "urls"]
