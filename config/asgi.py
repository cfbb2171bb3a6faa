"""The ASGI application: HTTP to Django, WebSockets to the engine at `/ws/` and to plain consumers beside it.

`manage.py serve`, `runserver` and any other ASGI server run this one object. A product that has Channels
consumers of its own lists them in `websocket_urlpatterns`; they keep their own groups.
"""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
django_application = get_asgi_application()

# These read models and settings, which exist only from here on.
from config.checks import refuse_bad_environment  # noqa: E402
from realtime.routing import websocket_urlpatterns as realtime_urlpatterns  # noqa: E402
from realtime.server.lifespan import lifespan  # noqa: E402

refuse_bad_environment()

websocket_urlpatterns = [*realtime_urlpatterns]

application = ProtocolTypeRouter(
    {"http": django_application, "websocket": URLRouter(websocket_urlpatterns), "lifespan": lifespan},
)
