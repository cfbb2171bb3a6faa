"""What a production of Chorus has to be given, for tests of production settings that reach no server."""

from __future__ import annotations

import secrets

__all__ = ["production_variables"]


def production_variables(**changes: str) -> dict[str, str]:
    """Give sound variables, with changes; a change to the empty string leaves the variable unset."""
    sound = {
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ALLOWED_HOSTS": "chorus.example.org",
        "DATABASE_URL": "postgresql://chorus@db.example.org/chorus",
        "REDIS_URL": "redis://redis.example.org:6379/0",
    }
    return {name: value for name, value in {**sound, **changes}.items() if value}
