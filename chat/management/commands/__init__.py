"""`demo`, `bots`, `loadtest_users`; each says under `--help` what it does."""
