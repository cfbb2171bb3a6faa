"""What every process shares, safe for production: nothing is open, secret or in memory by default.

Values come from environment variables; docs/reference/settings.md says what each is for. Wrong ones are
noted in `ENVIRONMENT` and refused at start by `config.checks`.
"""

import sys
from datetime import timedelta
from pathlib import Path

from csp.constants import NONCE, NONE, SELF
from django.core.management.utils import get_random_secret_key

from config import admin_look
from config.databases import database_from
from config.environment import Environment
from config.features import chat_settings, dashboard_settings, engine_settings, presence_settings
from config.logs import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent.parent
ENVIRONMENT = env = Environment()

# ------------------------------------------------------------------------------ who and where
# A process without a key gets one of its own that nobody knows, until the check has stopped it.
SECRET_KEY = env.secret("SECRET_KEY") or get_random_secret_key()
DEBUG = env.flag("DEBUG", default=False)
ALLOWED_HOSTS = env.listing("ALLOWED_HOSTS")
HOST = env.text("HOST", "127.0.0.1")
PORT = env.integer("PORT", 8000, low=0, high=65_535)
# Whether commands that make up accounts and messages ask for --yes.
PRODUCTION = True
# How many bots talk in the demo's rooms.
BOTS = env.integer("BOTS", 2, high=20)

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

INSTALLED_APPS = [
    # Before staticfiles, whose `runserver` it replaces by one that speaks WebSocket. Nobody else needs what it brings
    # along: Twisted and OpenSSL are 22 of the 101 MiB a process would begin with.
    *(["daphne"] if "runserver" in sys.argv else []),
    # Before the admin, whose templates it replaces.
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "config",
    "accounts",
    "chat",
    "presence",
    "dashboard",
    "realtime",
    # Has a command and nothing else.
    "loadtest",
]

MIDDLEWARE = [
    "config.requests.request_ids",
    "config.requests.CountBefore",
    "django.middleware.security.SecurityMiddleware",
    "config.staticfiles.StaticFilesMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.middleware.admin_policy",
    "config.middleware.probes_by_any_host",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # The innermost, so that it sees the view alone.
    "config.requests.CountAfter",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "presence.context.own_presence",
                "dashboard.context.dashboards",
            ],
        },
    },
]

# ------------------------------------------------------------------------------ database and broker
DATABASES = {"default": database_from(env)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.redis_url("REDIS_URL")
CHANNEL_LAYERS: dict[str, dict[str, object]] = {
    "default": {"BACKEND": "realtime.redis.RedisChannelLayer", "CONFIG": {"url": REDIS_URL, "prefix": "chorus"}}
    if REDIS_URL
    # One channel serves a whole process, so it must hold what a full core publishes in a stall.
    else {"BACKEND": "realtime.layers.InProcessChannelLayer", "CONFIG": {"capacity": 100_000}},
}

# Per process on purpose: only throttles live here, and with Redis away they must go on working.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "chorus"}}

# ------------------------------------------------------------------------------ the parts
REALTIME = engine_settings(env)
CHAT = chat_settings(env)
PRESENCE = presence_settings(env, REDIS_URL)
DASHBOARD = dashboard_settings(REDIS_URL)

# ------------------------------------------------------------------------------ accounts
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

SIMPLE_JWT = {
    # The one algorithm that is accepted; a token that names another, `none` included, is refused.
    "ALGORITHM": "HS256",
    "SIGNING_KEY": SECRET_KEY,
    "ISSUER": "chorus",
    "AUDIENCE": "chorus",
    "ACCESS_TOKEN_LIFETIME": timedelta(seconds=env.integer("CHORUS_ACCESS_TOKEN_S", 900, low=10)),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=env.integer("CHORUS_REFRESH_TOKEN_DAYS", 14, low=1)),
    "UPDATE_LAST_LOGIN": False,
    # A changed password ends the tokens that were given before it.
    "CHECK_REVOKE_TOKEN": True,
}

# ------------------------------------------------------------------------------ HTTP API
REST_FRAMEWORK = {
    # The token first: it is the one that names a challenge, and so an anonymous request gets 401, not 403.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "realtime.http.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["realtime.http.parsers.JSONParser"],
    "EXCEPTION_HANDLER": "realtime.http.errors.exception_handler",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": [
        "realtime.http.throttling.AddressThrottle",
        "rest_framework.throttling.UserRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "anon": env.rate("CHORUS_HTTP_ANONYMOUS_RATE", "120/min"),
        "user": env.rate("CHORUS_HTTP_USER_RATE", "1200/min"),
        # Guessing passwords: by address, on `/api/token/` and the log-in page together.
        "token": env.rate("CHORUS_HTTP_TOKEN_RATE", "30/min"),
    },
    # How many proxies of ours stand before the process; with 0 the peer's address is the client's.
    "NUM_PROXIES": env.integer("CHORUS_PROXIES", 0, high=10),
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Chorus HTTP API",
    "DESCRIPTION": "What stands beside the socket: tokens, rooms, members and messages.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": "/api/",
    # From our own origin: the content security policy lets nothing else in.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

UNFOLD = admin_look.UNFOLD

# ------------------------------------------------------------------------------ static files
STATIC_URL = "static/"
STATIC_ROOT: Path | None = Path(env.text("STATIC_ROOT", str(BASE_DIR / "var" / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "config.staticfiles.NpmFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.staticfiles.HashedStorage"},
}

# ------------------------------------------------------------------------------ browser security
HTTPS = env.flag("HTTPS", default=True)
SECURE_SSL_REDIRECT = HTTPS
# Probes come from inside, over plain HTTP, and must not be sent away.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
HSTS_SECONDS = env.integer("HSTS_SECONDS", 31_536_000)
SECURE_HSTS_SECONDS = HSTS_SECONDS if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
if env.flag("TRUST_X_FORWARDED_PROTO", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        # The nonce is for the import map, the one inline script there is.
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        # Covers the WebSocket of the same origin too.
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    },
}

# ------------------------------------------------------------------------------ language and time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
# Stored and sent in UTC; the browser shows the viewer's own zone.
USE_TZ = True
TIME_ZONE = "UTC"

# ------------------------------------------------------------------------------ logs
LOGGING = logging_config(
    level=env.choice("LOG_LEVEL", "INFO", ["DEBUG", "INFO", "WARNING", "ERROR"]),
    shape=env.choice("LOG_FORMAT", "json", ["json", "console"]),
)
