"""Arms the crash. Nothing of it is in the product: it stands in the way of `chat.log.append` from outside."""

from __future__ import annotations

import importlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.apps import AppConfig

__all__ = ["ARMED", "FailpointConfig"]

ARMED = "armed"


class FailpointConfig(AppConfig):
    """See the module."""

    name = "tests.chaos.failpoint"
    label = "failpoint"

    def ready(self) -> None:
        # The package shows a function of the same name, so the module is asked for by its own.
        module = importlib.import_module("chat.log.append")
        module.announce = crashing(module.announce, Path(os.environ["CHAOS_FOLDER"]) / ARMED)


def crashing(announce: Callable[..., Any], armed: Path) -> Callable[..., Any]:
    """`announce`, but for the one process that finds the file."""

    def crash_or_announce(*args: Any) -> Any:
        try:
            armed.unlink()
        except FileNotFoundError:
            return announce(*args)
        os.kill(os.getpid(), signal.SIGKILL)
        return None

    return crash_or_announce
