"""What a process has cost, against what is known of it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from benchmarks.processes import Memory, cpu_s, family, memory

# Burns the processor in a thread that ends, then has a child and waits.
SPINS = """
import subprocess, sys, threading, time
def spin():
    end = time.thread_time() + 0.3
    while time.thread_time() < end: pass
thread = threading.Thread(target=spin)
thread.start()
thread.join()
held = b"x" * 50_000_000
waits = "import sys; print(flush=True); sys.stdin.read()"
child = subprocess.Popen([sys.executable, "-c", waits], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def parent_and_child() -> Iterator[tuple[int, int]]:
    with subprocess.Popen([sys.executable, "-c", SPINS], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield process.pid, int(process.stdout.readline())
        # The end of its input ends it, and with it the child's.


def test_a_family_is_a_process_and_what_it_started(parent_and_child):
    parent, child = parent_and_child
    assert family(parent) == [parent, child]
    assert family(child) == [child]


def test_processor_time_counts_threads_that_have_ended(parent_and_child):
    parent, _ = parent_and_child
    assert 0.3 < cpu_s([parent]) < 3
    before = cpu_s([parent])
    assert cpu_s([parent]) - before < 0.05


def test_ones_own_time_is_the_clock_of_the_process():
    before = time.process_time()
    assert before <= cpu_s([os.getpid()]) <= time.process_time()


def test_memory_adds_up_over_processes(parent_and_child):
    parent, child = parent_and_child
    both = memory([parent, child])
    assert both.pss > 50_000_000
    assert both.rss == memory([parent]).rss + memory([child]).rss
    assert memory([]) == Memory(0, 0)


def test_a_process_that_is_gone_costs_an_error():
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
        pid = process.pid
    assert family(pid) == []
    with pytest.raises(ProcessLookupError):
        cpu_s([pid])
    with pytest.raises(FileNotFoundError):
        memory([pid])
