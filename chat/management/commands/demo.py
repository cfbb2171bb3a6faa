"""`manage.py demo`: fills a database so that the first look at Chorus is alive."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand

from chat.demo.cast import ACCOUNTS, STAFF
from chat.demo.passwords import demo_password
from chat.demo.populate import populate
from chat.management.desk import add_yes, refuse_production

__all__ = ["Command"]


class Command(BaseCommand):
    """Make what is missing and leave alone what is there; a second run keeps everything."""

    help = "Make rooms with a past, and the accounts demo, guest and staff, whose password it prints."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add_yes(parser)

    def handle(self, **options: Any) -> None:
        refuse_production(yes=options["yes"])
        populated = populate()
        if populated.messages:
            self.stdout.write(f"Made {len(populated.rooms)} rooms with {populated.messages} messages.")
        kept = [name for name in ACCOUNTS if name not in populated.changed]
        self.stdout.write(f"Log in as {_listed(kept)}. Password: {self.style.SUCCESS(demo_password())}")
        for name in populated.changed:
            self.stdout.write(f"{name} has another password since; manage.py changepassword {name} gives it a new one.")
        self.stdout.write(f"{STAFF} may use the admin at /admin/.")


def _listed(names: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
