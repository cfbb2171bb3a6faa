"""`manage.py key_purge`: forgets the keys of messages that are past their time. For a daily timer."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from chat.services import key_purge

__all__ = ["Command"]


class Command(BaseCommand):
    """In slices that commit one by one; may run beside servers, and twice at once."""

    help = "Forget the keys of messages older than CHORUS_KEY_DAYS. Messages stay."

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"Forgot {key_purge()} keys.")
