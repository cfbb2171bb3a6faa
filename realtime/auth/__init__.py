"""Who may connect: session cookies with their Origin, tokens, and the end of both.

    origin      may a page of this Origin use the cookie (pure)
    address     who one more connection counts on, behind proxies of ours (pure)
    cookies     the session key a connection brought (pure)
    sessions    stored sessions, by lists of keys; `SessionRef` remembers what a connection stands on
    tokens      access tokens (simplejwt), and the accounts behind them
    connect     `authenticate_scope`, `authenticate_token`: what the connection consumer calls
    access      the count and list of accesses that changed (log-out, password, deactivation)
    receivers   writes to it when Django's models say so
    watch       `SessionWatch`: closes what stands on an ended session, for one row a tick
    checks      refuses settings that would make all this unsafe

Knows Django's sessions, the configured user model by its public methods, and simplejwt. Knows no room,
no page and no consumer. Page: docs/reference/protocol.md.
"""

from realtime.auth.access import access_changed
from realtime.auth.connect import authenticate_scope, authenticate_token
from realtime.auth.origin import origin_allowed
from realtime.auth.sessions import AuthResult, SessionRef
from realtime.auth.watch import SessionWatch

__all__ = [
    "AuthResult",
    "SessionRef",
    "SessionWatch",
    "access_changed",
    "authenticate_scope",
    "authenticate_token",
    "origin_allowed",
]
