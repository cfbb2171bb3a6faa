"""The user model. Everybody else asks `get_user_model()` for it.

Knows nothing of what users do here: memberships, restrictions and messages point at it, not the other
way round.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models, transaction
from django.db.models import Value
from django.db.models.functions import Lower

__all__ = ["Accounts", "User"]


class Accounts(UserManager["User"]):
    """Django's manager, to which `Demo` and `demo` are one name: no two accounts differ only in that."""

    def get_by_natural_key(self, username: str | None) -> User:
        """The account of that name, however it is spelt. Raises DoesNotExist."""
        return self.alias(folded=Lower("username")).get(folded=Lower(Value(username)))


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

    objects: ClassVar[Accounts] = Accounts()

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

    def save(self, *args: Any, **kwargs: Any) -> None:
        """In one transaction with what receivers write: a changed password and the note that ends its log-ins."""
        with transaction.atomic():
            super().save(*args, **kwargs)

    @property
    def display(self) -> str:
        """The name that others see."""
        return self.username
