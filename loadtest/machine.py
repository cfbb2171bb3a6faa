"""What this machine has to give: a file for each client."""

from __future__ import annotations

import resource

from loadtest.errors import LoadError

__all__ = ["allow_files"]

BESIDE = 64
"""Files the process has open beside its clients'."""


def allow_files(clients: int) -> None:
    """Raise the soft limit of open files as far as so many clients need it. Raises LoadError at the hard limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = clients + BESIDE
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise LoadError(
            f"{clients} clients need {wanted} open files, and this process may have {hard}: raise the hard limit "
            "(ulimit -Hn), or ask for fewer --clients."
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
