"""Makes the load test's command known to Django."""

from django.apps import AppConfig

__all__ = ["LoadtestConfig"]


class LoadtestConfig(AppConfig):
    """Has no models: only `manage.py loadtest`."""

    name = "loadtest"
    verbose_name = "Load test"
