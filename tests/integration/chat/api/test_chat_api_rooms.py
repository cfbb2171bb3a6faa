"""Rooms and members over HTTP."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from chat.models import Membership, Room
from chat.services import member_join_many, member_set_role, room_archive, room_create

PATHS = [
    ("get", "/api/rooms/"),
    ("post", "/api/rooms/"),
    ("get", "/api/rooms/secret/"),
    ("patch", "/api/rooms/secret/"),
    ("post", "/api/rooms/secret/join/"),
    ("post", "/api/rooms/secret/leave/"),
    ("get", "/api/rooms/secret/members/"),
    ("post", "/api/rooms/secret/members/"),
    ("get", "/api/rooms/secret/messages/"),
    ("post", "/api/rooms/secret/messages/"),
    ("patch", "/api/rooms/secret/messages/1/"),
    ("delete", "/api/rooms/secret/messages/1/"),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_anonymous_is_401_everywhere(secret, method, path):
    response = getattr(APIClient(), method)(path, {"text": "hi"})
    assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(("method", "path"), [pair for pair in PATHS if "secret" in pair[1]])
def test_a_private_room_looks_to_a_stranger_like_none(api, secret, method, path):
    body = {"text": "hi", "username": "eve"} if method != "get" else None
    there = getattr(api("eve"), method)(path, body)
    nowhere = getattr(api("eve"), method)(path.replace("secret", "nowhere"), body)
    assert (there.status_code, there.json()) == (nowhere.status_code, nowhere.json())
    assert (there.status_code, there.json()["code"]) == (404, "not_found")


def slugs(client: APIClient, query: str = "") -> list[str]:
    response = client.get(f"/api/rooms/{query}")
    assert response.status_code == 200
    return [row["slug"] for row in response.json()["results"]]


def test_the_list_has_ones_own_rooms_and_then_the_public_ones(api, people, general, secret):
    room_create(owner=people["eve"], slug="open", name="Open house")
    assert set(slugs(api("ben"))[:2]) == {"general", "secret"}
    assert slugs(api("ben"))[2:] == ["open"]
    assert set(slugs(api("ben"), "?joined=true")) == {"general", "secret"}
    assert set(slugs(api("eve"))) == {"open", "general"}


def test_the_list_is_searched_by_name_and_slug(api, people, general, secret):
    room_create(owner=people["eve"], slug="open", name="Open house")
    assert slugs(api("ben"), "?search=HOUSE") == ["open"]
    assert slugs(api("ben"), "?search=gener") == ["general"]
    assert slugs(api("eve"), "?search=secret") == []


@pytest.mark.parametrize(
    ("query", "field"), [("?joined=perhaps", "joined"), ("?serch=x", "serch"), ("?search=%00", "search")]
)
def test_a_bad_query_is_400_and_names_the_field(api, general, query, field):
    response = api("ada").get(f"/api/rooms/{query}")
    assert (response.status_code, response.json()["field"]) == (400, field)


def test_a_room_is_made_by_its_owner(api, people):
    response = api("eve").post("/api/rooms/", {"slug": "new-room", "name": "New room", "visibility": "private"})
    assert response.status_code == 201
    assert response["Location"] == "/api/rooms/new-room/"
    room = response.json()
    assert (room["slug"], room["name"], room["visibility"], room["members"]) == ("new-room", "New room", "private", 1)
    assert room["me"]["role"] == "owner"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "slug"),
        ({"slug": "x"}, "name"),
        ({"slug": "", "name": "X"}, "slug"),
        ({"slug": "Capital", "name": "X"}, "slug"),
        ({"slug": "a b", "name": "X"}, "slug"),
        ({"slug": "../etc", "name": "X"}, "slug"),
        ({"slug": "a" * 65, "name": "X"}, "slug"),
        ({"slug": 7, "name": "X"}, "slug"),
        ({"slug": "general", "name": "Taken"}, "slug"),
        ({"slug": "x", "name": ""}, "name"),
        ({"slug": "x", "name": "a" * 81}, "name"),
        ({"slug": "x", "name": "nul\x00"}, "name"),
        ({"slug": "x", "name": "X", "topic": "a" * 251}, "topic"),
        ({"slug": "x", "name": "X", "visibility": "hidden"}, "visibility"),
        ({"slug": "x", "name": "X", "slow_mode_s": -1}, "slow_mode_s"),
        ({"slug": "x", "name": "X", "last_seq": 9}, "last_seq"),
    ],
)
def test_a_bad_room_is_400_and_names_the_field(api, general, body, field):
    response = api("ada").post("/api/rooms/", body)
    assert (response.status_code, response.json()["code"], response.json()["field"]) == (400, "invalid", field)
    assert Room.objects.count() == 1


def test_a_room_says_what_it_is_and_what_one_is_in_it(api, general):
    room = api("ben").get("/api/rooms/general/").json()
    assert (room["name"], room["topic"], room["members"], room["me"]["role"]) == ("General", "Everything", 2, "member")
    assert api("eve").get("/api/rooms/general/").json()["me"]["role"] is None


def test_an_owner_changes_the_room_and_a_member_may_not(api, general):
    response = api("ada").patch("/api/rooms/general/", {"name": "Agora", "archived": True})
    assert response.status_code == 200
    assert (response.json()["name"], response.json()["archived"], response.json()["topic"]) == (
        "Agora",
        True,
        "Everything",
    )
    refused = api("ben").patch("/api/rooms/general/", {"name": "Mine"})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert api("ada").patch("/api/rooms/general/", {"slug": "other"}).json()["field"] == "slug"


def test_joining_and_leaving_a_public_room(api, people, general):
    joined = api("eve").post("/api/rooms/general/join/")
    assert (joined.status_code, joined.json()["me"]["role"], joined.json()["members"]) == (200, "member", 3)
    assert api("eve").post("/api/rooms/general/join/").status_code == 200
    assert api("eve").post("/api/rooms/general/leave/").status_code == 204
    assert api("ada").get("/api/rooms/general/").json()["members"] == 2


def test_a_full_room_is_409(api, people, general, settings):
    settings.CHAT = {"ROOM_MAX_MEMBERS": 2}
    response = api("eve").post("/api/rooms/general/join/")
    assert (response.status_code, response.json()["code"]) == (409, "room_full")


def test_the_only_owner_cannot_leave_the_others_behind(api, general):
    response = api("ada").post("/api/rooms/general/leave/")
    assert (response.status_code, response.json()["code"]) == (409, "conflict")


def test_an_archived_room_cannot_be_joined(api, general):
    room_archive(room=general, by=None)
    assert api("eve").post("/api/rooms/general/join/").status_code == 403


def test_who_is_banned_is_told_so(api, people, general):
    Membership.objects.filter(room=general, user=people["ben"]).update(status="banned")
    response = api("ben").get("/api/rooms/general/")
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")


def test_members_are_listed_owners_first(api, people, general):
    zoe = User.objects.create_user("Zoe")
    member_join_many(room=general, user_ids=[zoe.pk, people["eve"].pk])
    member_set_role(room=general, by=None, user=zoe, role="moderator")
    rows = api("ben").get("/api/rooms/general/members/").json()["results"]
    assert [(row["name"], row["role"]) for row in rows] == [
        ("ada", "owner"),
        ("Zoe", "moderator"),
        ("ben", "member"),
        ("eve", "member"),
    ]


def test_an_owner_invites_to_a_private_room(api, secret):
    response = api("ada").post("/api/rooms/secret/members/", {"username": "Eve"})
    assert (response.status_code, response.json()["name"], response.json()["role"]) == (201, "eve", "member")
    assert api("eve").get("/api/rooms/secret/").status_code == 200


def test_a_member_may_not_invite_to_a_private_room(api, secret):
    response = api("ben").post("/api/rooms/secret/members/", {"username": "eve"})
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")
    assert api("eve").get("/api/rooms/secret/").status_code == 404


@pytest.mark.parametrize("username", ["nobody", "", 7, None, "nul\x00"])
def test_inviting_nobody_is_400_and_names_the_field(api, general, username):
    response = api("ada").post("/api/rooms/general/members/", {"username": username})
    assert (response.status_code, response.json()["field"]) == (400, "username")


def test_a_disabled_account_cannot_be_invited(api, people, general):
    User.objects.filter(username="eve").update(is_active=False)
    assert api("ada").post("/api/rooms/general/members/", {"username": "eve"}).status_code == 400
