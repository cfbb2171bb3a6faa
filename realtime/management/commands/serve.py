"""`manage.py serve`: Chorus on uvicorn with the fast lane, one worker or several."""

from __future__ import annotations

import argparse
import resource
import socket
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from realtime.conf import conf
from realtime.server import Worker, WorkerOptions, Workers

__all__ = ["Command"]


class Command(BaseCommand):
    """Serve HTTP and WebSockets until SIGTERM or Ctrl+C; SIGHUP restarts the workers one after another."""

    help = "Serve HTTP and WebSockets (uvicorn with the fast lane). PORT and HOST are read from the environment."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--host", default=settings.HOST)
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument("--workers", type=int, default=1, help="processes (more than one needs REDIS_URL)")
        parser.add_argument("--drain", type=float, default=None, metavar="SECONDS", help="time to send clients away")
        parser.add_argument("--fd", type=int, help=argparse.SUPPRESS)
        parser.add_argument("--ready-fd", type=int, help=argparse.SUPPRESS)

    def handle(self, **options: Any) -> None:
        drain_s = conf().DRAIN_S if options["drain"] is None else options["drain"]
        if options["fd"] is not None:
            listener = socket.socket(fileno=options["fd"])
            _serve(listener, drain_s, options["ready_fd"])
            return
        _refuse_impossible(options["workers"])
        _open_all_files()
        listener = _bind(options["host"], options["port"])
        host, port = listener.getsockname()[:2]
        self.stdout.write(f"Chorus serves on http://{f'[{host}]' if ':' in host else host}:{port} (Ctrl+C ends it)")
        self.stdout.flush()
        if options["workers"] == 1:
            _serve(listener, drain_s, None)
            return
        command = [sys.executable, sys.argv[0], "serve", "--drain", str(drain_s)]
        code = Workers(command, listener, options["workers"], drain_s).run()
        if code:
            raise CommandError("The workers did not start.", returncode=code)


def _serve(listener: socket.socket, drain_s: float, ready_fd: int | None) -> None:
    options = WorkerOptions(
        application=_application(),
        drain_s=drain_s,
        message_bytes=conf().MESSAGE_BYTES_MAX,
        ready_fd=ready_fd,
    )
    Worker(options).run([listener])


def _application() -> str:
    """The project's ASGI application as uvicorn names it; `runserver` reads the same setting."""
    module, _, name = settings.ASGI_APPLICATION.rpartition(".")
    return f"{module}:{name}"


def _refuse_impossible(workers: int) -> None:
    if workers < 1:
        raise CommandError("--workers is at least 1.")
    if workers == 1:
        return
    if not settings.REDIS_URL:
        raise CommandError("--workers above 1 needs REDIS_URL: without it they do not hear of each other.")
    if connection.vendor == "sqlite":
        raise CommandError(
            "--workers above 1 needs a DATABASE_URL of PostgreSQL: SQLite takes one writing process, not several."
        )


def _open_all_files() -> None:
    """Take all the open files the system allows; workers inherit it. A soft limit is for programs that use select()."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _bind(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=2_048
        )
    except (OSError, OverflowError) as error:
        # Python adds the address in brackets to what the system said; here it stands in front already.
        why = (getattr(error, "strerror", None) or str(error)).partition(" (")[0].rstrip(".")
        raise CommandError(f"Cannot listen on {host}:{port}: {why}. Set HOST or PORT to something else.") from error
