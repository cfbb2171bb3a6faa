"""The demo's settings, in a server that can be told to crash."""

from config.settings.dev import *  # noqa: F403 - settings are made of settings
from config.settings.dev import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.chaos.failpoint.apps.FailpointConfig"]
