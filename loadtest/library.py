"""The engine as a shared library: built once from native/ with the system's C compiler, and what its functions take."""

from __future__ import annotations

import ctypes
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from loadtest.histogram import BUCKETS

__all__ = ["FLAGS", "NATIVE", "NUMBER_OF", "EngineError", "Head", "build", "library", "pointer"]

NATIVE = Path(__file__).with_name("native")
SOURCE = NATIVE / "engine.c"
FLAGS = ("-O2", "-std=gnu11", "-Wall", "-Wextra")

NUMBER_OF = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int32)


class EngineError(Exception):
    """The engine cannot be built or cannot run; says why in one sentence."""


class Head(ctypes.Structure):
    """The figures of a run, as they stand at the beginning of engine_t (native/state.h)."""

    _fields_ = [
        *((name, ctypes.c_uint64) for name in ("deliveries", "strays", "frames", "bytes_in", "bytes_out", "reads")),
        *((name, ctypes.c_uint64) for name in ("acknowledged", "refused", "closed")),
        *((name, ctypes.c_uint64) for name in ("cpu_ns", "took_ns", "last_delivery_ns", "sent", "misplaced", "pongs")),
        ("latency", ctypes.c_uint64 * BUCKETS),
        ("acks", ctypes.c_uint64 * BUCKETS),
        ("ages", ctypes.c_uint64 * BUCKETS),
        *((name, ctypes.c_double) for name in ("held_us", "held_area")),
        ("first_error", ctypes.c_char * 512),
    ]


def build(folder: Path | None = None, *, flags: Sequence[str] = FLAGS) -> Path:
    """The engine as a shared library in `folder` (var/loadtest), built unless it is there.

    CC names another compiler, CFLAGS adds to the flags. Raises EngineError where there is no Linux or no C compiler.
    Several processes may do it at once.
    """
    if sys.platform != "linux":
        raise EngineError("The load engine needs Linux, whose epoll it waits with.")
    folder = folder or Path(__file__).parent.parent / "var" / "loadtest"
    flags = [*flags, *shlex.split(os.environ.get("CFLAGS", ""))]
    library = folder / f"engine-{_fingerprint(flags)}.so"
    if library.exists():
        return library
    folder.mkdir(parents=True, exist_ok=True)
    built = folder / f"{library.name}.{os.getpid()}"
    command = [*_compiler(), *flags, "-shared", "-fPIC", "-o", str(built), str(SOURCE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command line
    if done.returncode:
        built.unlink(missing_ok=True)
        raise EngineError(f"The load engine could not be built: {done.stderr.strip()[:500]}")
    built.replace(library)
    return library


def library() -> ctypes.CDLL:
    """The library of this process, built and loaded with the first use."""
    global _loaded  # noqa: PLW0603 - one library per process
    if _loaded is None:
        loaded = ctypes.CDLL(str(build()))
        for name, (result, *arguments) in _FUNCTIONS.items():
            function = getattr(loaded, f"engine_{name}")
            function.restype, function.argtypes = result, arguments
        assert loaded.engine_head_bytes() == ctypes.sizeof(Head)
        _loaded = loaded
    return _loaded


def pointer(values: array[int]) -> ctypes.c_void_p:
    """The address of the values, which stay alive as long as the pointer does."""
    address = ctypes.c_void_p(values.buffer_info()[0])
    address.values = values  # type: ignore[attr-defined]
    return address


_loaded: ctypes.CDLL | None = None
_PTR, _U32, _I32, _I64, _U64 = ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int32, ctypes.c_int64, ctypes.c_uint64
# What each gives, and what it takes.
_FUNCTIONS: dict[str, list[Any]] = {
    "head_bytes": [_U64],
    "new": [_PTR, _I32, *([_PTR] * 4)],
    "free": [None, _PTR],
    "sender": [_I32, _PTR, _I32, ctypes.c_char_p, _U32, _PTR, _U32],
    "speaks": [_I32, _PTR, *([ctypes.c_char_p, _U32] * 5), NUMBER_OF],
    "run": [_I32, _PTR, _I64, _I64, _PTR, _PTR, _I64, _I64, _I32, _PTR],
    "messages": [None, *([_PTR] * 5)],
    "conn": [None, _PTR, _I32, *([_PTR] * 4)],
}


def _compiler() -> list[str]:
    named = shlex.split(os.environ.get("CC", ""))
    for command in [named] if named else [["cc"], ["gcc"]]:
        if shutil.which(command[0]):
            return command
    raise EngineError("The load engine needs a C compiler: install gcc and libc6-dev (Debian), or name one in CC.")


def _fingerprint(flags: Sequence[str]) -> str:
    """Changes with the sources, the flags and the machine."""
    parts = [path.read_bytes() for path in sorted(NATIVE.iterdir()) if path.suffix in {".c", ".h"}]
    parts += [" ".join(flags).encode(), sysconfig.get_platform().encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]
