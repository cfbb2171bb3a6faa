from __future__ import annotations

import pytest

from config.environment import Environment


def test_what_is_set_is_read_and_remembered():
    env = Environment({"NAME": " text ", "COUNT": "7", "SHARE": "0.5", "ON": "yes", "LIST": "a, b,,c"})
    assert env.text("NAME") == "text"
    assert env.integer("COUNT", 1) == 7
    assert env.decimal("SHARE", 1) == 0.5
    assert env.flag("ON", default=False) is True
    assert env.listing("LIST") == ["a", "b", "c"]
    assert env.names == {"NAME", "COUNT", "SHARE", "ON", "LIST"}
    assert env.problems == []


def test_what_is_empty_or_not_set_has_its_default():
    env = Environment({"EMPTY": " "})
    assert env.text("EMPTY", "default") == "default"
    assert env.integer("EMPTY", 3) == 3
    assert env.flag("ABSENT", default=True) is True
    assert env.listing("ABSENT") == []
    assert env.redis_url("ABSENT") == ""
    assert env.problems == []


@pytest.mark.parametrize("value", ["7.5", "seven", "-1", "11", "0x7"])
def test_a_wrong_whole_number_is_noted_and_replaced(value):
    env = Environment({"COUNT": value})
    assert env.integer("COUNT", 5, low=0, high=10) == 5
    assert [problem.variable for problem in env.problems] == ["COUNT"]
    assert env.problems[0].sentence.startswith("COUNT must be ")


@pytest.mark.parametrize("value", ["nan", "inf", "-0.1", "soon"])
def test_a_wrong_number_is_noted_and_replaced(value):
    env = Environment({"SHARE": value})
    assert env.decimal("SHARE", 0.5) == 0.5
    assert len(env.problems) == 1


@pytest.mark.parametrize("url", ["redis://h:6379/0", "rediss://:word@h", "redis://h/3", "unix:///run/redis.sock"])
def test_a_redis_url_is_taken(url):
    env = Environment({"REDIS_URL": url})
    assert env.redis_url("REDIS_URL") == url
    assert env.problems == []


@pytest.mark.parametrize("url", ["h:6379", "http://h", "redis://", "redis://h:port", "redis://h/zero", "redis://[::1"])
def test_what_is_no_redis_url_is_noted(url):
    env = Environment({"REDIS_URL": url})
    assert env.redis_url("REDIS_URL") == ""
    assert "REDIS_URL cannot be used" in env.problems[0].sentence


def test_only_sound_origins_are_kept():
    env = Environment(
        {"ORIGINS": "https://a.example, https://*.example:8443, a.example, https://a.example/path, ftp://a"}
    )
    assert env.origins("ORIGINS") == ["https://a.example", "https://*.example:8443"]
    assert len(env.problems) == 3


@pytest.mark.parametrize(("value", "rate"), [("5/s", "5/s"), ("120/min", "120/min"), ("off", None), ("", "9/day")])
def test_a_rate_is_read(value, rate):
    env = Environment({"RATE": value})
    assert env.rate("RATE", "9/day") == rate
    assert env.problems == []


@pytest.mark.parametrize("value", ["0/s", "5", "5/fortnight", "-1/min", "many/min"])
def test_a_wrong_rate_is_noted_and_replaced(value):
    env = Environment({"RATE": value})
    assert env.rate("RATE", "9/day") == "9/day"
    assert len(env.problems) == 1


def test_a_secret_never_stands_in_its_problem():
    env = Environment({"KEY": "hunter2"})
    assert env.secret("KEY") == ""
    assert "hunter2" not in env.problems[0].sentence


@pytest.mark.parametrize("value", ["abcd" * 20, "django-insecure-" + "q7w8e9r0t1" * 5])
def test_a_secret_that_can_be_guessed_is_none(value):
    env = Environment({"KEY": value})
    assert env.secret("KEY") == ""
    assert "KEY can be guessed" in env.problems[0].sentence


def test_networks_and_addresses_are_read_and_can_be_none_at_all():
    env = Environment({"ALLOWED": "10.0.0.0/8, ::1", "NONE": "off", "EMPTY": ""})
    assert env.networks("ALLOWED", []) == ["10.0.0.0/8", "::1"]
    assert env.networks("NONE", ["127.0.0.1"]) == []
    assert env.networks("EMPTY", ["127.0.0.1"]) == ["127.0.0.1"]
    assert env.problems == []


@pytest.mark.parametrize("value", ["localhost", "10.0.0.1/8", "300.1.1.1", "0"])
def test_what_is_no_network_is_noted_and_left_out(value):
    env = Environment({"ALLOWED": f"{value},::1"})
    assert env.networks("ALLOWED", []) == ["::1"]
    assert [problem.variable for problem in env.problems] == ["ALLOWED"]


def test_a_token_is_none_or_long_and_never_stands_in_its_problem():
    env = Environment({"LONG": "x" * 20, "SHORT": "hunter2"})
    assert env.token("LONG") == "x" * 20
    assert env.token("ABSENT") == ""
    assert env.token("SHORT") == ""
    assert [problem.variable for problem in env.problems] == ["SHORT"]
    assert "hunter2" not in env.problems[0].sentence
