"""The engine as the compiler and the sanitizers see it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from loadtest import library
from loadtest.histogram import BUCKETS, Histogram
from loadtest.library import FLAGS, NATIVE, EngineError, build
from tests.support.chorus import ROOT

BUCKET = """
#define _GNU_SOURCE
#include <stdio.h>
#include "state.h"
int main(int count, char **times) {
    for (int i = 1; i < count; i++) {
        uint64_t counts[BUCKETS] = {0};
        note(counts, atoll(times[i]));
        for (int at = 0; at < BUCKETS; at++) if (counts[at]) printf("%d\\n", at);
    }
}
"""


def test_the_compiler_has_nothing_to_say(tmp_path):
    assert build(tmp_path, flags=[*FLAGS, "-Wshadow", "-Werror"]).exists()


def test_it_is_built_once_and_anew_when_anything_changes(tmp_path):
    first = build(tmp_path)
    written = first.stat().st_mtime_ns
    assert build(tmp_path) == first
    assert first.stat().st_mtime_ns == written
    assert build(tmp_path, flags=["-O0"]) != first
    assert sorted(tmp_path.iterdir()) == sorted({first, build(tmp_path, flags=["-O0"])})


def test_no_compiler_is_said_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(EngineError, match="needs a C compiler: install gcc"):
        build(tmp_path)


def test_what_the_compiler_says_is_passed_on(tmp_path, monkeypatch):
    monkeypatch.setenv("CFLAGS", "-no-such-flag")
    with pytest.raises(EngineError, match=r"could not be built: .*no-such-flag"):
        build(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_another_system_is_told_so(monkeypatch):
    monkeypatch.setattr(library.sys, "platform", "darwin")
    with pytest.raises(EngineError, match="needs Linux"):
        build()


def test_both_sides_know_the_same_buckets(tmp_path):
    """A time lies in its bucket, whose upper edge is what Python gives: at most 1.6 % above it."""
    program = tmp_path / "bucket"
    (tmp_path / "bucket.c").write_text(BUCKET)
    compiler = os.environ.get("CC", "cc").split()
    subprocess.run([*compiler, f"-I{NATIVE}", "-o", program, tmp_path / "bucket.c"], check=True)
    times = [1024, 1025, 1039, 1040, 2047, 2048, 123_456, 999_999_999, 10**12, 2**40 - 1]
    edges = [-(2**63), -1, 0, 1, 1023, 2**40, 2**62]
    printed = subprocess.run([program, *map(str, times + edges)], check=True, capture_output=True, text=True).stdout
    buckets = [int(line) for line in printed.split()]
    for time_ns, bucket in zip(times, buckets, strict=False):
        upper_ns = Histogram(int(at == bucket) for at in range(BUCKETS)).quantile(1) * 1e9
        assert time_ns < upper_ns <= time_ns * (1 + 1 / 64) + 1
    assert buckets[len(times) :] == [0, 0, 0, 0, 0, BUCKETS - 1, BUCKETS - 1]


def test_the_sanitizers_find_nothing_while_servers_are_hostile():
    """Everything they do once more. Without the sanitizers' libraries, at least unoptimised."""
    found = [path for name in ("libasan.so", "libubsan.so") if (path := runtime(name))]
    sanitize = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"] if len(found) == 2 else []
    environment = {
        **os.environ,
        "CFLAGS": " ".join(["-O1", "-g", *sanitize]),
        # Python itself was not built for them: it has to find them first, and leaks until it ends.
        "LD_PRELOAD": " ".join(found),
        "ASAN_OPTIONS": "detect_leaks=0",
    }
    tests = [f"tests/integration/loadtest/{name}.py" for name in ("test_engine", "test_engine_frames")]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-8_000:]


def runtime(name: str) -> str | None:
    """Where the compiler has this library, or None."""
    asked = [*os.environ.get("CC", "cc").split(), f"-print-file-name={name}"]
    path = Path(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip())
    return str(path) if path.is_absolute() and path.exists() else None
