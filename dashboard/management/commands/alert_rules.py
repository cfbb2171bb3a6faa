"""`manage.py alert_rules`: the limits of all dashboards as a rule file for Prometheus, on standard output."""

from __future__ import annotations

from typing import Any

import yaml
from django.core.management.base import BaseCommand

from dashboard.rules import rules_for
from dashboard.source import all_sources

__all__ = ["Command"]


class Command(BaseCommand):
    """Write what stands in the code, so run it again with every release."""

    help = "Write the limits of all dashboards as a rule file for Prometheus to standard output."

    def handle(self, **_: Any) -> None:
        self.stdout.write(yaml.safe_dump(rules_for(all_sources()), sort_keys=False, width=120), ending="")
