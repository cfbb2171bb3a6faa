"""`demo`, `bots`, `loadtest_users`, `epoch_rotate`, `key_purge`; each says under `--help` what it does."""
