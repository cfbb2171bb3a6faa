"""Makes presence known to Django."""

from django.apps import AppConfig

__all__ = ["PresenceConfig"]


class PresenceConfig(AppConfig):
    """Who is here."""

    name = "presence"
    verbose_name = "Presence"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from presence.conf import conf
        from presence.keeper import keeper
        from realtime.hub import on_start

        on_start(lambda hub: keeper(hub) if conf().ALWAYS else None)
