#!/usr/bin/env python
"""Django's command line for Chorus. Without DJANGO_SETTINGS_MODULE it works on this clone's own database."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
