"""The OpenAPI document and its page tell what is there."""

from __future__ import annotations

import re

import pytest
import yaml
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from chat.access import access_room
from chat.api import answers
from chat.selectors import member_list, room_detail, room_directory, room_list_for


@pytest.fixture(scope="module")
def schema() -> dict:
    return SchemaGenerator().get_schema(request=None, public=True)


def operations(schema: dict) -> list[tuple[str, dict]]:
    return [
        (f"{method} {path}", operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]


def test_the_document_is_valid_and_was_made_without_a_warning(schema):
    validate_schema(schema)
    assert not GENERATOR_STATS


def test_every_address_of_the_api_is_in_it(schema):
    assert set(schema["paths"]) == {
        "/api/me/",
        "/api/token/",
        "/api/token/refresh/",
        "/api/rooms/",
        "/api/rooms/{slug}/",
        "/api/rooms/{slug}/join/",
        "/api/rooms/{slug}/leave/",
        "/api/rooms/{slug}/members/",
        "/api/rooms/{slug}/messages/",
        "/api/rooms/{slug}/messages/{message_id}/",
        "/api/rooms/{slug}/messages/{message_id}/reports/",
        "/api/rooms/{slug}/presence/",
        "/api/presence/",
        "/api/dashboard/",
        "/api/dashboard/{name}/",
        "/api/dashboard/{name}/arrangement/",
        "/api/dashboard/{name}/history/",
    }


def test_every_operation_has_a_summary_and_one_shape_of_refusal(schema):
    for name, operation in operations(schema):
        assert operation["summary"], name
        assert "401" in operation["responses"], name
        for status, response in operation["responses"].items():
            if status >= "400":
                reference = response["content"]["application/json"]["schema"]["$ref"]
                assert reference == "#/components/schemas/Error", name


def test_what_needs_a_token_says_so(schema):
    for name, operation in operations(schema):
        open_to_all = "token" in name
        assert ({"token": []} in operation.get("security", [])) is not open_to_all, name


def test_rooms_and_members_have_the_shapes_that_are_told(people, general):
    ada = people["ada"]
    assert set(room_list_for(ada)[0]) == set(answers.RoomRowAnswer().fields)
    assert set(room_directory(people["eve"])[0]) == set(answers.RoomRowAnswer().fields)
    assert set(room_detail(access_room(ada, "general"))) == set(answers.RoomAnswer().fields)
    assert set(member_list(general)[0]) == set(answers.MemberAnswer().fields)


def test_anybody_may_read_the_document_and_its_page(client):
    served = client.get("/api/schema/")
    assert served.status_code == 200
    assert yaml.safe_load(served.content)["info"]["title"] == "Chorus HTTP API"
    page = client.get("/api/docs/").content.decode()
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert addresses
    assert all(address.startswith("/") for address in addresses)
    assert "<style" not in page
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)


@pytest.mark.parametrize("path", ["/api/schema/", "/api/docs/"])
def test_the_document_needs_no_database(path, django_db_blocker):
    with django_db_blocker.block():
        assert Client().get(path).status_code == 200
