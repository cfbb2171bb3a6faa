"""Settings of a clone on somebody's desk: the same as `base`, with defaults for what it demands.

`make demo` and a bare `manage.py` both come here and share `var/local.env`, so key and database are the same.
DEBUG is off here as well, because it keeps every query in memory; `DEBUG=1` turns it on.
"""

import os
from pathlib import Path

from config.databases import sqlite_url
from config.local import local_variables

VAR_DIR = Path(__file__).resolve().parent.parent.parent / "var"

DEFAULTS = {
    "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
    "DATABASE_URL": sqlite_url(VAR_DIR / "db.sqlite3"),
    "HTTPS": "0",
    "LOG_FORMAT": "console",
    # Load tests and Ctrl+C: one's own machine may connect as it likes, and nobody waits for a drain.
    "CHORUS_LOOPBACK_IS_EXEMPT": "1",
    "CHORUS_DRAIN_S": "1",
}
# In the process's own environment, so that `base` and the processes started from here read the same.
for name, value in local_variables(VAR_DIR / "local.env").items():
    os.environ.setdefault(name, value)
for name, value in DEFAULTS.items():
    # What is set to nothing counts as not set.
    os.environ[name] = os.environ.get(name, "").strip() or value

from config.settings.base import *  # noqa: E402, F403 -- base reads what was set above

PRODUCTION = False
# An example to copy from; a product has its own.
INSTALLED_APPS = [*INSTALLED_APPS, "shop"]  # noqa: F405

# Straight from the source folders, so that an edited file is there at the next reload.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Nothing is collected here, so there is no folder to serve from.
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
