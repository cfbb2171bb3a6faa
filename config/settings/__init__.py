"""Settings modules: `base` (shared, safe), `production`, `dev` and `test`. Nothing is imported from here."""
