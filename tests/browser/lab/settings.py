"""The demo's settings, with the lab."""

from config.settings.dev import *  # noqa: F403 - settings are made of settings
from config.settings.dev import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.browser.lab.apps.LabConfig"]
ROOT_URLCONF = "tests.browser.lab.urls"
