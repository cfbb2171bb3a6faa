"""Refuses to start with settings that are missing or wrong, in one sentence each that names the variable.

Every management command that runs Django's system checks stops here, `serve` and `migrate` among them. What
starts without them (an ASGI server given `config.asgi`) calls `refuse_bad_environment()`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

if TYPE_CHECKING:
    from config.environment import Environment

__all__ = ["environment_is_sound", "hosts_are_named", "refuse_bad_environment"]


@register(Tags.security)
def environment_is_sound(**_: Any) -> list[CheckMessage]:
    """Turn every problem that was noted while the settings were read into an error."""
    environment: Environment = settings.ENVIRONMENT
    return [Error(problem.sentence, id="chorus.E001") for problem in environment.problems]


@register(Tags.security)
def hosts_are_named(**_: Any) -> list[CheckMessage]:
    """Without a host every request would be answered 400, which tells the operator nothing."""
    if settings.ALLOWED_HOSTS or settings.DEBUG:
        return []
    sentence = "ALLOWED_HOSTS is not set: list the host names this server answers to, separated by commas."
    return [Error(sentence, id="chorus.E002")]


def refuse_bad_environment() -> None:
    """End the process with those sentences, for starts that run no system checks. Raises SystemExit."""
    messages = [*environment_is_sound(), *hosts_are_named()]
    if messages:
        raise SystemExit("\n".join(str(message.msg) for message in messages))
