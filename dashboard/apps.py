"""Makes dashboards known to Django, and finds every app's `dashboards.py`."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

__all__ = ["DashboardAppConfig"]


class DashboardAppConfig(AppConfig):
    """Live dashboards."""

    name = "dashboard"
    verbose_name = "Dashboards"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from dashboard.conf import conf
        from dashboard.ticker import ticker
        from realtime.hub import on_start

        autodiscover_modules("dashboards")
        on_start(lambda hub: ticker(hub) if conf().ALWAYS else None)
