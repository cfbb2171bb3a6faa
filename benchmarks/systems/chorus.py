"""Chorus itself, as docs/how-to/deploy.md runs it: PostgreSQL that syncs to disk, Redis between the workers."""

from __future__ import annotations

import secrets
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence

from benchmarks.systems.programs import OWN_PYTHON, own_versions
from benchmarks.systems.system import Crowd, Place, System
from loadtest.chorus import ChorusDialect
from loadtest.form import DEFLATE, JSON, MSGPACK, MSGPACK_DEFLATE, Form
from tests.support.chorus import manage

__all__ = ["CHORUS"]

# One for all servers of a run: a token made for one is good for the next on a copy of its database.
SECRET_KEY = secrets.token_urlsafe(64)
READY_WITHIN_S = 5.0
PACKAGES = ("django", "channels", "channels-redis", "redis", "psycopg", "uvicorn", "uvloop", "httptools", "msgspec")


def _command(place: Place) -> Sequence[str]:
    return [
        *(OWN_PYTHON, "manage.py", "serve", "--host", "127.0.0.1", "--port", str(place.port)),
        # The clients are the benchmark's own: nobody waits for a friendly end.
        *("--workers", str(place.workers), "--drain", "0.2"),
    ]


def _environment(place: Place) -> Mapping[str, str]:
    """Production settings, but for TLS, which a proxy would end, and what one address may do: all clients have one."""
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "SECRET_KEY": SECRET_KEY,
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATABASE_URL": place.database_url,
        "REDIS_URL": place.redis_url,
        "HTTPS": "0",
        "LOG_LEVEL": "WARNING",
        "CHORUS_CONNECTS_PER_ADDRESS_PER_S": "0",
        "CHORUS_CONNECTS_PER_S": str(place.connects_per_s),
        # Taken by those alone who offer it.
        "CHORUS_DEFLATE": "1",
    }


def _invite(place: Place, crowd: Crowd) -> Sequence[str]:
    environment = _environment(place)
    manage(environment, "migrate", "--verbosity", "0")
    size = ("--count", str(crowd.members), "--room", "bench", "--rooms", str(crowd.rooms))
    return manage(environment, "loadtest_users", *size, "--yes").split()


def _ready(place: Place) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{place.port}/readyz", timeout=READY_WITHIN_S) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _chorus(name: str, title: str, *, redis: bool, database: str, form: Form = JSON) -> System:
    return System(
        name=name,
        title=title,
        kind="Chorus",
        dialect=lambda tokens: ChorusDialect(tokens, form),
        command=_command,
        environment=_environment,
        versions=lambda: own_versions(*PACKAGES),
        needs_redis=redis,
        database=database,
        invite=_invite,
        ready=_ready,
    )


CHORUS = (
    _chorus("chorus", "Chorus, PostgreSQL and Redis", redis=True, database="postgresql"),
    _chorus("chorus-memory", "Chorus, SQLite and no Redis", redis=False, database="sqlite"),
    _chorus("chorus-msgpack", "Chorus, read in MessagePack", redis=True, database="postgresql", form=MSGPACK),
    _chorus("chorus-deflate", "Chorus, read compressed", redis=True, database="postgresql", form=DEFLATE),
    _chorus(
        "chorus-msgpack-deflate",
        "Chorus, read in MessagePack and compressed",
        redis=True,
        database="postgresql",
        form=MSGPACK_DEFLATE,
    ),
)
