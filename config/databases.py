"""Turns DATABASE_URL into Django's DATABASES entry, for the two databases Chorus is tested on.

Knows no app. docs/reference/settings.md says what each variable means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import make_conninfo

if TYPE_CHECKING:
    from pathlib import Path

    from config.environment import Environment

__all__ = ["database_from", "sqlite_url"]

POSTGRESQL_SCHEMES = ("postgres", "postgresql")

# WAL lets readers and the one writer work side by side. NORMAL survives a killed process, not a power cut.
SQLITE_INIT = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
# Where a process without a usable DATABASE_URL gets to: the check refuses it, and no file is made.
NOWHERE: dict[str, Any] = {"ENGINE": "django.db.backends.dummy"}


def database_from(env: Environment, default: str = "") -> dict[str, Any]:
    """Build the entry for DATABASE_URL, or note in one sentence why there is none."""
    url = env.text("DATABASE_URL", default)
    pool_max = env.integer("DATABASE_POOL_MAX", 20, low=5, high=1_000)
    prepare = env.flag("DATABASE_PREPARE", default=True)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        env.note("DATABASE_URL", "is not a URL: its host or port cannot be read.")
        return NOWHERE
    name = unquote(parts.path[1:])
    if parts.scheme == "sqlite" and not parts.netloc and name.startswith("/"):
        return sqlite(name)
    if parts.scheme in POSTGRESQL_SCHEMES and name:
        options = dict(parse_qsl(parts.query))
        try:
            make_conninfo(**options)
        except ProgrammingError as error:
            env.note("DATABASE_URL", f"cannot be used: {str(error).strip()}.")
            return NOWHERE
        return postgresql(
            name=name,
            host=unquote(parts.hostname or ""),
            port=port,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            options=options,
            pool_max=pool_max,
            prepare=prepare,
        )
    env.note("DATABASE_URL", f"{'is not set' if not url else 'cannot be used'}: {EXPECTED}")
    return NOWHERE


EXPECTED = (
    "give postgresql://user:password@host:5432/name, or sqlite:////absolute/path/of/the/file "
    "(a database in memory cannot be shared by threads)."
)


def sqlite_url(path: Path) -> str:
    """Write a file's absolute path as a DATABASE_URL."""
    return f"sqlite:///{quote(str(path))}"


def sqlite(name: str) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": name,
        "OPTIONS": {
            "init_command": SQLITE_INIT,
            # A transaction that starts reading and then writes would fail at once if another wrote meanwhile.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
        },
        # In memory, every thread would see a database of its own.
        "TEST": {"NAME": f"{name}.test"},
    }


def postgresql(
    *,
    name: str,
    host: str,
    port: int | None,
    user: str,
    password: str,
    options: dict[str, str],
    pool_max: int,
    prepare: bool,
) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "HOST": host,
        "PORT": str(port or ""),
        "USER": user,
        "PASSWORD": password,
        # A connection that the server closed (restart, failover) is found when it is taken from the pool.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            # What a frozen or vanished server costs a request: 5 s to connect, 20 s on a connection that stood.
            "connect_timeout": 5,
            "tcp_user_timeout": 20_000,
            "keepalives_idle": 10,
            # For the statements of the log (realtime.database.fetch): prepared at their first use. The ORM's never are.
            "prepare_threshold": 0 if prepare else None,
            **options,
            "pool": {"min_size": 1, "max_size": pool_max, "timeout": 5},
        },
    }
