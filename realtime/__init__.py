"""The engine: connections, topics and delivery. It knows no feature and no model of a feature.

A feature brings a `TopicConsumer` and a module of `topic_patterns`; the engine does the rest.

- `protocol`: frames, codes, limits and session state, without any I/O.
- `consumers`, `topics`, `routing`: the Channels side, and what features extend.
- `hub`: fan-out inside this process, and the healing of what was lost on the way to it.
- `layers`: the channel layer for one process; `redis`: the one for several.
- `server`: `manage.py serve`.
- `auth`, `identity`: who a connection speaks for; `moments`: moments as numbers that travel.
- `executors`, `batching`, `groupcommit`, `database`: how the loop meets the database.
- `client`: the Python client that tests, bots and load generators use.
- `metrics`, `sampling`: what happened here, counted for operators, and what the process is like each second.
- `tracing`: a message's way, for whoever has OpenTelemetry.
- `conf`, `health`: the engine's settings, and whether this process is fit for traffic.
"""
