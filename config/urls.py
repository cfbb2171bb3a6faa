"""Every address of the site. Each app brings its own; the composition root only says where they hang."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

urlpatterns = [
    path("", include("accounts.urls")),
    path("", include("chat.urls")),
    path("", include("dashboard.urls")),
    path("", include("realtime.urls")),
    path("api/", include("accounts.api.urls")),
    path("api/", include("chat.api.urls")),
    path("api/", include("presence.api.urls")),
    path("api/", include("dashboard.api.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
    path("admin/", admin.site.urls),
]
