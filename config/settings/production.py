"""Settings for a server: `base` as it is. The name is what deployments and the ASGI application refer to."""

from config.settings.base import *  # noqa: F403 -- a settings module is its base and what differs, here nothing
