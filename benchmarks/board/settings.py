"""Production settings with the measured dashboard in them."""

from config.settings.production import *  # noqa: F403 -- as any settings module: its base and what differs
from config.settings.production import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks.board"]
