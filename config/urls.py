"""Every address of the site. Each app brings its own; the composition root only says where they hang."""

# TEMPORARY-BEGIN
import importlib as _i

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView


def _inc(prefix, name):
    try:
        _i.import_module(name)
    except ImportError:
        return []
    return [path(prefix, include(name))]


# TEMPORARY-END
urlpatterns = [
    *_inc("", "accounts.urls"),
    *_inc("", "chat.urls"),
    *_inc("", "realtime.urls"),
    *_inc("api/", "accounts.api.urls"),
    *_inc("api/", "chat.api.urls"),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
    path("admin/", admin.site.urls),
]
