"""Makes the engine known to Django: its checks, its ears for changed access, its sampler.

The hub begins with its first use.
"""

from django.apps import AppConfig

__all__ = ["RealtimeConfig"]


class RealtimeConfig(AppConfig):
    """The engine as a Django app."""

    name = "realtime"
    verbose_name = "Real-time engine"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from realtime import checks as topic_checks
        from realtime import tracing
        from realtime.auth import checks, receivers
        from realtime.hub import on_start
        from realtime.sampling import begin

        topic_checks.register()
        checks.register()
        receivers.connect()
        on_start(begin)
        tracing.start()
