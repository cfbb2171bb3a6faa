"""Settings of the test run: a database of its own, quick passwords, and nothing from the developer's shell."""

import os
from pathlib import Path

from config.databases import sqlite_url

VAR_DIR = Path(__file__).resolve().parent.parent.parent / "var"
VAR_DIR.mkdir(exist_ok=True)

os.environ.update(
    SECRET_KEY="the key of the tests, which is no secret to anybody who can read",  # noqa: S106 -- it guards nothing
    ALLOWED_HOSTS="testserver,localhost,127.0.0.1",
    # Set by scripts/on-postgresql. Django makes the tests' database beside the one that is named, and two
    # runs in one folder do not meet.
    DATABASE_URL=os.environ.get("TEST_DATABASE_URL", sqlite_url(VAR_DIR / f"tests-{os.getpid()}.sqlite3")),
    REDIS_URL="",
    DEBUG="",
    HTTPS="0",
    LOG_FORMAT="console",
)

from config.settings.base import *  # noqa: E402, F403 -- base reads what was set above

PRODUCTION = False
INSTALLED_APPS = [*INSTALLED_APPS, "shop"]  # noqa: F405
# A test that looks at samples begins them: most have a clock that jumps, or no database.
REALTIME = {**REALTIME, "SAMPLES": False}  # noqa: F405
# A test that looks at presence begins it.
PRESENCE = {**PRESENCE, "ALWAYS": False}  # noqa: F405
DASHBOARD = {**DASHBOARD, "ALWAYS": False}  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Nothing is collected here, so there is no folder to serve from.
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
