"""The application. The tutorial's session middleware is left out: there is nobody to recognise and no database."""

from __future__ import annotations

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.peers.channels_tutorial.settings")
# It sets Django up, which consumers may count on when they are imported.
http = get_asgi_application()

from benchmarks.peers.channels_tutorial.routing import websocket_urlpatterns  # noqa: E402

application = ProtocolTypeRouter({"http": http, "websocket": URLRouter(websocket_urlpatterns)})
