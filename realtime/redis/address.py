"""Where Redis is and how one gets in: what a REDIS_URL says.

The forms are those of redis-py, and a test holds them against its own reader (importing it costs each process 9 MiB
for this page of code). Of its options `db` and those that begin with `ssl_` mean something here. Opens nothing.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from realtime.redis.resp import pack

__all__ = ["Address"]

VERIFY = {"none": ssl.CERT_NONE, "optional": ssl.CERT_OPTIONAL, "required": ssl.CERT_REQUIRED}
FALSE = frozenset({"", "0", "f", "false", "n", "no"})


@dataclass(frozen=True, slots=True)
class Address:
    """path: of a Unix socket, in place of host and port. tls: for `rediss://`."""

    host: str = "localhost"
    port: int = 6379
    path: str = ""
    db: int = 0
    username: str = ""
    password: str = field(default="", repr=False)
    tls: ssl.SSLContext | None = None

    @classmethod
    def from_url(cls, url: str) -> Address:
        """Raises ValueError for what is no such URL, OSError for a certificate that cannot be read."""
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query))
        if parts.scheme not in {"redis", "rediss", "unix"}:
            raise ValueError("A Redis URL begins with redis://, rediss:// or unix://.")
        is_unix = parts.scheme == "unix"
        return cls(
            host=unquote(parts.hostname or "localhost"),
            port=parts.port or 6379,
            path=unquote(parts.path) if is_unix else "",
            db=int(options.get("db") or ("" if is_unix else unquote(parts.path).replace("/", "")) or 0),
            username=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            tls=_tls(options) if parts.scheme == "rediss" else None,
        )

    def greeting(self, name: str) -> list[bytes]:
        """The commands a connection begins with; the last one names it in Redis' lists of clients."""
        commands = []
        if self.password:
            words = (self.username, self.password) if self.username else (self.password,)
            commands.append(pack(b"AUTH", *(word.encode() for word in words)))
        if self.db:
            commands.append(pack(b"SELECT", b"%d" % self.db))
        return [*commands, pack(b"CLIENT", b"SETNAME", name.encode())]

    def __str__(self) -> str:
        return self.path or f"{self.host}:{self.port}"


def _tls(options: Mapping[str, str]) -> ssl.SSLContext:
    wanted = options.get("ssl_cert_reqs", "required")
    if wanted not in VERIFY:
        raise ValueError(f"ssl_cert_reqs is {wanted!r}: one of {', '.join(VERIFY)} is possible.")
    context = ssl.create_default_context(
        cafile=options.get("ssl_ca_certs"), capath=options.get("ssl_ca_path"), cadata=options.get("ssl_ca_data")
    )
    is_named = options.get("ssl_check_hostname", "true").lower() not in FALSE
    context.check_hostname = is_named and wanted == "required"
    context.verify_mode = VERIFY[wanted]
    if "ssl_certfile" in options:
        context.load_cert_chain(options["ssl_certfile"], options.get("ssl_keyfile"), options.get("ssl_password"))
    return context
