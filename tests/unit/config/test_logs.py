"""What a line of the log holds, and what it does not."""

from __future__ import annotations

import io
import json
import logging
import logging.config

from config.logs import logging_config


def logged(shape: str) -> str:
    """The line of an error that happened with a password at hand."""
    configuration = logging_config(level="INFO", shape=shape)
    formatter = logging.config.DictConfigurator(configuration).configure_formatter(configuration["formatters"]["line"])
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(formatter)
    logger = logging.getLogger(f"{__name__}.{shape}")
    logger.addHandler(handler)
    logger.propagate = False
    fail_with_a_password(logger, "hunter2" * 2)
    return str(handler.stream.getvalue())


def fail_with_a_password(logger: logging.Logger, password: str) -> None:
    try:
        _ = ()[len(password)]
    except IndexError:
        logger.exception("It failed")


def test_a_line_for_machines_has_the_traceback_and_not_the_variables():
    line = logged("json")
    entry = json.loads(line)
    assert entry["event"] == "It failed"
    assert entry["exception"][0]["exc_type"] == "IndexError"
    assert entry["exception"][0]["frames"][-1]["name"] == "fail_with_a_password"
    assert "hunter2" not in line


def test_a_line_for_people_has_neither():
    line = logged("console")
    assert "IndexError: tuple index out of range" in line
    assert "hunter2" not in line
