"""Makes the engine known to Django. It needs nothing at start: the hub begins with its first use."""

from django.apps import AppConfig

__all__ = ["RealtimeConfig"]


class RealtimeConfig(AppConfig):
    """The engine as a Django app."""

    name = "realtime"
    verbose_name = "Real-time engine"
    default_auto_field = "django.db.models.BigAutoField"
