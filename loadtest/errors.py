"""What stands in the way of a load test."""

__all__ = ["LoadError"]


class LoadError(Exception):
    """The load test cannot be; says in a sentence why, and what helps."""
