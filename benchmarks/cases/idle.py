"""Ten thousand clients who are there and say nothing: what coming in costs, what staying takes, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.case import CHORUS, Case, Figure, Target
from benchmarks.cases.rooms import TWENTY
from benchmarks.sample import Finding, Sample
from benchmarks.stage import LOAD_BUSY_MAX, Setting, Stage
from benchmarks.systems import Crowd, System

__all__ = ["CONNECT", "IDLE"]

SILENCE_S, QUICK_SILENCE_S = 60.0, 30.0
QUICK = Setting(Crowd(2_000, 4))
KIB = 1024


def _setting(stage: Stage) -> Setting:
    return QUICK if stage.quick else TWENTY


def _idle(stage: Stage, system: System, _earlier: Sequence[Sample]) -> Finding:
    setting = _setting(stage)
    session, entry = stage.session(system, setting)
    members = setting.crowd.members
    load = session.silence(QUICK_SILENCE_S if stage.quick else SILENCE_S)
    after = session.memory().rss
    return Finding(
        {
            "growth_kib": (after - entry.before.rss) / members / KIB,
            "rss_kib": after / members / KIB,
            "empty_mib": entry.before.rss / KIB / KIB,
            "heartbeat": load.usage.server_s / load.usage.took_s * 100,
            "load_core": load.usage.load_core * 100,
        },
        faults=load.faults(),
    )


def _connect(stage: Stage, system: System, _earlier: Sequence[Sample]) -> Finding:
    setting = _setting(stage)
    _, entry = stage.session(system, setting)
    members, usage = setting.crowd.members, entry.usage
    figures = {
        "cpu_ms": usage.server_s / members * 1000,
        "postgresql_ms": usage.postgresql_s / members * 1000,
        "server_core": usage.server_core * 100,
        "load_core": usage.load_core * 100,
    }
    if system.database == "postgresql":
        figures["queries"] = entry.queries / members
    if usage.load_core > LOAD_BUSY_MAX:
        return Finding(figures, notes=["the load's core was full, so how many came in a second says nothing"])
    return Finding({**figures, "clients_per_s": members / usage.took_s})


IDLE = Case(
    name="idle",
    title="10,000 idle connections",
    what=(
        "Open, authenticated where the system does that, in one of 20 rooms. Growth is what the server's processes "
        "take beyond what they took before anybody came; what the kernel keeps for a socket is in neither. Heartbeats "
        "are each system's own (Chorus asks after 25 s of silence; ws asks nobody)."
    ),
    figures=(
        Figure("growth_kib", "growth per connection", "KiB"),
        Figure("rss_kib", "RSS per connection", "KiB"),
        Figure("empty_mib", "empty", "MiB", digits=0),
        Figure("heartbeat", "heartbeats", "% of a core"),
        Figure("load_core", "load's core busy", "%", digits=0),
    ),
    systems=(CHORUS, "channels-uvicorn-pubsub", "socketio-redis", "ws"),
    measure=_idle,
    targets=(
        Target("≤ 20 KiB more for each connection", "growth_kib", at_most=20),
        Target("heartbeats ≤ 4 % of a core", "heartbeat", at_most=4),
    ),
    quick=(CHORUS,),
)

CONNECT = Case(
    name="connect",
    title="Coming in: connect, authenticate, subscribe",
    what=(
        "10,000 clients into 20 rooms, 100 on their way at any time; who is let in makes room for the next, so a busy "
        "load makes it last longer and not dearer. The peers have nobody to authenticate and nothing to look up."
    ),
    figures=(
        Figure("cpu_ms", "server's CPU per client", "ms", digits=2),
        Figure("queries", "database queries per client", "", digits=3),
        Figure("postgresql_ms", "PostgreSQL's CPU per client", "ms", digits=3),
        Figure("clients_per_s", "clients", "/s", better="high", digits=0),
        Figure("server_core", "server's core busy", "%", digits=0),
        Figure("load_core", "load's core busy", "%", digits=0),
    ),
    systems=(CHORUS, "channels-uvicorn-pubsub", "socketio-redis", "ws"),
    measure=_connect,
    targets=(
        Target("server's CPU ≤ 1.2 ms per client", "cpu_ms", at_most=1.2),
        Target("≤ 0.1 database queries per client", "queries", at_most=0.1),
    ),
    quick=(CHORUS,),
)
