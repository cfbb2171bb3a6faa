"""`python pin.py 0,1 command argument…`: becomes the command, on those processors only, with files for a large crowd.

A program of its own, because what pins a process has to happen before it starts threads, and must not happen between
fork and exec of a process that has threads itself. It imports nothing of this package: it is run for each server.
"""

from __future__ import annotations

import os
import resource
import sys

FILES = 65_536
"""What a server of many thousand connections needs; the soft limit is often 1024, the hard one far above this."""


def main() -> None:
    """Pin, raise the limit of open files as far as it may be raised, and become the command."""
    cpus, *command = sys.argv[1:]
    os.sched_setaffinity(0, {int(cpu) for cpu in cpus.split(",")})
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    os.execvp(command[0], command)  # noqa: S606 - the command is one of the systems'


if __name__ == "__main__":
    main()
