"""`orders`; it says under `--help` what it does."""
