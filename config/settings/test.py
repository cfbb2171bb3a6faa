"""Settings of the test run: a database file of its own, quick passwords, and nothing from the developer's shell."""

import os
from pathlib import Path

from config.databases import sqlite_url

VAR_DIR = Path(__file__).resolve().parent.parent.parent / "var"
VAR_DIR.mkdir(exist_ok=True)

os.environ.update(
    SECRET_KEY="the key of the tests, which is no secret to anybody who can read",  # noqa: S106 -- it guards nothing
    ALLOWED_HOSTS="testserver,localhost,127.0.0.1",
    # `pytest --database=postgresql` sets it; the tests' own database is made beside the one it names.
    DATABASE_URL=os.environ.get("TEST_DATABASE_URL", sqlite_url(VAR_DIR / "tests.sqlite3")),
    REDIS_URL="",
    HTTPS="0",
    LOG_FORMAT="console",
)

from config.settings.base import *  # noqa: E402, F403 -- base reads what was set above

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
