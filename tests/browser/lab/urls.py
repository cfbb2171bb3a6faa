"""The site, and the door to the lab's world."""

from __future__ import annotations

import json

from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from config.urls import urlpatterns as site
from dashboard import publish_state
from tests.browser.lab.dashboards import Shelf
from tests.browser.lab.world import WORLD

__all__ = ["urlpatterns"]


@csrf_exempt
def change(request: HttpRequest) -> JsonResponse:
    """`{"people": 41}` changes the world; `{"sold": 7}` is told at once."""
    wanted = json.loads(request.body)
    if "sold" in wanted:
        publish_state("shelf", Shelf(sold=wanted.pop("sold")))
    WORLD.update(wanted)
    return JsonResponse({})


urlpatterns = [path("lab/", change), *site]
