"""Makes the composition root an app, so that its checks run and logging is set up with every start."""

from django.apps import AppConfig

from config.logs import configure_structlog


class RootConfig(AppConfig):
    """The composition root as a Django app, without models or pages."""

    name = "config"
    verbose_name = "Chorus"

    def ready(self) -> None:
        from config import checks  # noqa: F401 -- importing registers them

        configure_structlog()
