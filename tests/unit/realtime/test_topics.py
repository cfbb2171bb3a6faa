"""Topic patterns: converters, order, inclusion, and one answer for all that does not exist."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest
from django.core.exceptions import ImproperlyConfigured

from realtime.consumers import TopicConsumer
from realtime.protocol.errors import NotFound
from realtime.topics import Topics, include, registry, topic


class First(TopicConsumer):
    pass


class Second(TopicConsumer):
    pass


TOPICS = Topics(
    [
        topic("user/me", First),
        topic("user/<int:id>", Second),
        topic("chat/<slug:room>", First),
        topic("file/<path:name>", Second),
        topic("thing/<uuid:id>/<str:part>", First),
    ]
)


@pytest.mark.parametrize(
    ("name", "cls", "kwargs"),
    [
        ("user/me", First, {}),
        ("user/7", Second, {"id": 7}),
        ("chat/a-b_9", First, {"room": "a-b_9"}),
        ("file/a/b c/☃", Second, {"name": "a/b c/☃"}),
    ],
)
def test_a_topic_finds_its_consumer_and_its_arguments(name, cls, kwargs) -> None:
    assert TOPICS.resolve(name) == (cls, kwargs)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/",
        "user",
        "user/",
        "user/me/",
        "user/me\n",
        "User/me",
        " user/me",
        "user/-7",
        "user/٧x",
        "chat/",
        "chat/a b",
        "chat/a/b",
        "chat/\x00",
        "thing/no-uuid/x",
        "x" * 60_000,
        "user/" + "9" * 50_000,
        "chat/" + "/" * 60_000,
    ],
)
def test_whatever_else_is_asked_for_is_not_found(name) -> None:
    with pytest.raises(NotFound):
        TOPICS.resolve(name)


def test_the_first_pattern_that_fits_wins() -> None:
    topics = Topics([topic("a/<str:x>", First), topic("a/<slug:x>", Second)])
    assert topics.resolve("a/b")[0] is First


@pytest.fixture
def module(monkeypatch) -> ModuleType:
    module = ModuleType("patterns_of_a_feature")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


def test_patterns_are_included_by_name_and_may_include_others(module) -> None:
    module.topic_patterns = [topic("a", First), [topic("b", Second)]]
    assert [pattern.route for pattern in include("patterns_of_a_feature")] == ["a", "b"]


def test_a_module_without_patterns_is_named_at_start(module) -> None:
    with pytest.raises(ImproperlyConfigured, match="patterns_of_a_feature has no topic_patterns"):
        include("patterns_of_a_feature")


def test_the_registry_is_that_of_the_setting_and_follows_it_in_tests(module, settings) -> None:
    module.topic_patterns = [topic("a", First)]
    settings.REALTIME = {"TOPICS": "patterns_of_a_feature"}
    assert registry().resolve("a") == (First, {})
    module.topic_patterns = [topic("b", Second)]
    settings.REALTIME = {"TOPICS": "patterns_of_a_feature"}
    assert registry().resolve("b") == (Second, {})
