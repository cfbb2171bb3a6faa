"""What others ask about accounts. Never writes."""

from __future__ import annotations

from accounts.models import User

__all__ = ["user_named"]


def user_named(username: str) -> User | None:
    """The active user of this name, whatever its case: no two differ in case alone."""
    return User.objects.filter(username__iexact=username, is_active=True).first()
