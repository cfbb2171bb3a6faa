"""What others may import. A name that appears or goes is a decision, and shows here."""

from __future__ import annotations

import importlib

import pytest

PUBLIC = {
    "benchmarks.dialects": {"ChatDialect", "SocketIoDialect"},
    "benchmarks.processes": {"Memory", "cpu_s", "family", "memory"},
    "benchmarks.systems": {"SYSTEMS", "Crowd", "Place", "Running", "System", "start"},
}


@pytest.mark.parametrize("module", PUBLIC)
def test_a_module_exports_what_it_says_and_all_of_it_is_there(module):
    imported = importlib.import_module(module)
    assert set(imported.__all__) == PUBLIC[module]
    assert all(hasattr(imported, name) for name in imported.__all__)


def test_the_systems_are_registered_under_their_names():
    systems = importlib.import_module("benchmarks.systems").SYSTEMS
    assert list(systems) == [
        "chorus",
        "chorus-memory",
        "chorus-msgpack",
        "chorus-deflate",
        "chorus-msgpack-deflate",
        "channels-daphne-memory",
        "channels-daphne-pubsub",
        "channels-uvicorn-memory",
        "channels-uvicorn-core",
        "channels-uvicorn-pubsub",
        "python-socketio-memory",
        "python-socketio-redis",
        "socketio-memory",
        "socketio-redis",
        "ws",
    ]
    assert [system.name for system in systems.values()] == list(systems)
