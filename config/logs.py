"""Logs: one line an event on standard error, as JSON for machines or aligned for a terminal.

structlog and the standard library's loggers come out in the same shape, with what was bound to the context
(a connection's id, a request's path). Knows no part of the application but the address of its probe.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import structlog

from config.users import add_user

if TYPE_CHECKING:
    import logging

    from structlog.typing import Processor

__all__ = ["configure_structlog", "logging_config"]

# Without the variables of each frame: passwords, tokens and what people wrote do not belong into logs.
TRACEBACK = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)

SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    add_user,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


def logging_config(*, level: str, shape: str) -> dict[str, Any]:
    """Build Django's LOGGING. `shape` is `json` or `console`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering(shape)],
            },
        },
        "filters": {"worth_a_line": {"()": "django.utils.log.CallbackFilter", "callback": is_worth_a_line}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django's own handlers would say everything twice.
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            "django.request": {"filters": ["worth_a_line"]},
        },
    }


def configure_structlog() -> None:
    """Send structlog's loggers through the standard library's, so that one configuration rules both."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def is_worth_a_line(record: logging.LogRecord) -> bool:
    """Whether it is more than the answer to a probe, which comes every few seconds and is nobody's fault."""
    return getattr(getattr(record, "request", None), "path", None) != "/readyz"


def rendering(shape: str) -> list[Processor]:
    if shape == "json":
        return [structlog.processors.ExceptionRenderer(TRACEBACK), structlog.processors.JSONRenderer()]
    return [
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
    ]
