"""Who a connection speaks for, in the few words the engine and its topics need.

Made by `realtime.auth` from a session or a token. Holds no model instance: an identity lives as long as
its connection, and a kept row would go stale and weigh kilobytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

__all__ = ["Identity", "identity_of"]


class Identity(msgspec.Struct, frozen=True, gc=False):
    """An authenticated user.

    name: what others see. staff: may use the admin. exempt: made for load tests, no per-user post limit.
    """

    id: int
    name: str
    staff: bool = False
    exempt: bool = False


def identity_of(user: AbstractBaseUser) -> Identity:
    """The identity of a stored user. A user model without `is_staff` or `is_load_account` has neither."""
    return Identity(
        id=int(user.pk),
        name=user.get_username(),
        staff=bool(getattr(user, "is_staff", False)),
        exempt=bool(getattr(user, "is_load_account", False)),
    )
