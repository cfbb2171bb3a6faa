"""The ASGI application: HTTP to Django, WebSockets to the engine at `/ws/` and to plain consumers beside it.

`manage.py serve`, `runserver` and any other ASGI server run this one object. A product that has Channels
consumers of its own lists them in `websocket_urlpatterns`; they keep their own groups.
"""

import os
from typing import Any

import django
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
django.setup(set_prefix=False)

# These read models and settings, which exist only from here on.
from config.checks import refuse_bad_environment  # noqa: E402
from realtime import health  # noqa: E402
from realtime.routing import nowhere_urlpatterns  # noqa: E402
from realtime.routing import websocket_urlpatterns as realtime_urlpatterns  # noqa: E402
from realtime.server.lifespan import lifespan  # noqa: E402

refuse_bad_environment()

# Any: Channels types its routes as a kind of URLPattern that only its own stubs know.
websocket_urlpatterns: list[Any] = [*realtime_urlpatterns]

application = ProtocolTypeRouter(
    {
        "http": get_asgi_application(),
        "websocket": URLRouter([*websocket_urlpatterns, *nowhere_urlpatterns]),
        "lifespan": lifespan,
    },
)
# No server asks anything of a process before this module is loaded; those without lifespan (Daphne) tell no more.
health.ready()
