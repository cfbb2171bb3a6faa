"""The user model. Everybody else asks `get_user_model()` for it.

Knows nothing of what users do here: memberships, restrictions and messages point at it, not the other
way round.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower

__all__ = ["User"]


class User(AbstractUser):
    """Django's user, and whether the account was made to put load on the server.

    A project that changes its user model after the first migration pays dearly, so this one is its own
    from the start.
    """

    is_load_account = models.BooleanField(
        "load account",
        default=False,
        help_text="Made by loadtest_users: the limit of posts per user does not hold for it.",
    )

    class Meta(AbstractUser.Meta):
        constraints: ClassVar = [
            # `demo` and `Demo` side by side would be one user posing as another. It also is the index
            # by which a mention finds its user.
            models.UniqueConstraint(
                Lower("username"),
                name="no_two_usernames_differ_only_in_case",
                violation_error_message="A user with that username already exists.",
            ),
        ]

    @property
    def display(self) -> str:
        """The name that others see."""
        return self.username
