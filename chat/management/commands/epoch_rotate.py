"""`manage.py epoch_rotate`: names every room's log anew. To be run once after a database was restored from a backup."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from chat.services import room_rotate_epochs

__all__ = ["Command"]


class Command(BaseCommand):
    """A restored log has the seqs of before with other content; under a new epoch nobody takes one for the other."""

    help = "After a restore from backup: have every client discard what it holds of rooms and begin anew."

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"Named the logs of {room_rotate_epochs()} rooms anew.")
