"""Writes down whose access changed, when Django's own models say so.

- A session row is deleted while it still holds: log-out, a changed password (Django gives the session
  a new key), a purge by hand. The deletion and this note are one transaction. Django's
  `user_logged_out` would come too early: it is sent before the row goes, and a check in between would
  find the session alive and never look again.
- A user is saved with a new password, activity or staff status, or is deleted.

What passes the models by (`QuerySet.update`, SQL) calls `access_changed` itself, or is found within five
minutes by the watch.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth import SESSION_KEY, get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db.models.signals import post_delete, post_save
from django.utils import timezone

from realtime.auth.access import access_changed
from realtime.auth.sessions import session_store

__all__ = ["connect"]

_ACCESS_FIELDS = frozenset({"password", "is_active", "is_staff"})


def connect() -> None:
    """Connect the receivers; called once by the app's `ready()`. Calling it again changes nothing."""
    post_delete.connect(_session_deleted, sender=session_store().get_model_class(), dispatch_uid="realtime.auth")
    post_save.connect(_user_saved, sender=get_user_model(), dispatch_uid="realtime.auth")
    post_delete.connect(_user_deleted, sender=get_user_model(), dispatch_uid="realtime.auth")


def _session_deleted(instance: AbstractBaseSession, **_: Any) -> None:
    # An expired one ends by its own clock; `clearsessions` deletes such rows by the thousand.
    if instance.expire_date <= timezone.now():
        return
    user_id = instance.get_decoded().get(SESSION_KEY)
    if user_id is not None:
        access_changed([int(user_id)])


def _user_saved(
    instance: AbstractBaseUser, *, created: bool, raw: bool, update_fields: frozenset[str] | None, **_: Any
) -> None:
    if created or raw or (update_fields is not None and not _ACCESS_FIELDS & update_fields):
        return
    # Whether the password differs from before is not known here; looking once too often costs little.
    access_changed([int(instance.pk)])


def _user_deleted(instance: AbstractBaseUser, **_: Any) -> None:
    access_changed([int(instance.pk)])
