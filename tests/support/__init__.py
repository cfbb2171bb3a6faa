"""Real servers for tests: Redis, PostgreSQL and Chorus itself, as processes of their own on free ports.

- `processes`: one process with its log and its end; `ports`: a free one.
- `redis`, `postgres`: the two servers Chorus talks to; both can be frozen, stopped and started again.
- `chorus`: Chorus under `manage.py serve` or Daphne, in the shapes that tests run on.
- `fixtures`: all of it as pytest fixtures, known to every test.
- `on_postgresql`: runs a command with TEST_DATABASE_URL naming a server that lives as long as it.

Knows no test and no feature.
"""
