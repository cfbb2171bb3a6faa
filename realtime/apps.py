"""Makes the engine known to Django. The hub begins with its first use, not here."""

from django.apps import AppConfig

__all__ = ["RealtimeConfig"]


class RealtimeConfig(AppConfig):
    """The engine as a Django app."""

    name = "realtime"
    verbose_name = "Real-time engine"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from realtime.auth import checks, receivers  # noqa: F401 - the checks register themselves

        receivers.connect()
