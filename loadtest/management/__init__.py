"""The load test's command: where it meets the product."""
