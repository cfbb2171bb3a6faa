"""Messages over HTTP: history in both directions, post, edit, delete."""

from __future__ import annotations

import uuid

import pytest
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from chat.api.answers import MessageAnswer, MessagesAnswer, ReportedAnswer
from chat.models import Report
from chat.services import message_delete, message_edit, message_post, room_archive, room_create, room_update
from realtime.protocol.errors import Unavailable

URL = "/api/rooms/general/messages/"


@pytest.fixture
def posts(people, general) -> list[int]:
    """Ten posts; the third was edited and the fifth deleted since. The ids, oldest first."""
    ids = [message_post(room=general, author=people["ada"], text=f"post {n}").id for n in range(1, 11)]
    message_edit(room=general, author=people["ada"], message_id=ids[2], text="edited")
    message_delete(room=general, author=people["ada"], message_id=ids[4])
    return ids


def page(client: APIClient, query: str = "") -> tuple[list[int], bool]:
    response = client.get(URL + query)
    assert response.status_code == 200
    body = response.json()
    assert set(body) == set(MessagesAnswer().fields)
    return [message["id"] for message in body["results"]], body["has_more"]


def numbers(posts: list[int], ids: list[int]) -> list[int]:
    return [posts.index(each) + 1 for each in ids]


# --- history --------------------------------------------------------------------------------------


def test_the_newest_come_first_tombstones_included(api, posts):
    ids, more = page(api("ben"))
    assert (ids, more) == (posts[::-1], False)


def test_a_message_has_the_shape_the_schema_tells(api, posts):
    results = api("ben").get(URL).json()["results"]
    assert all(set(message) == set(MessageAnswer().fields) for message in results)
    edited, deleted = results[7], results[5]
    assert (edited["text"], edited["edited_at"] is None) == ("edited", False)
    assert (deleted["text"], deleted["deleted_at"] is None) == (None, False)
    assert edited["seq"] > edited["posted_seq"]


def test_going_back_page_by_page_meets_every_message_once(api, posts):
    seen: list[int] = []
    query, more = "?limit=4", True
    while more:
        response = api("ben").get(URL + query).json()
        seen += [message["id"] for message in response["results"]]
        query, more = f"?limit=4&before={response['results'][-1]['posted_seq']}", response["has_more"]
    assert seen == posts[::-1]


def test_after_takes_the_next_ones_newest_first(api, posts):
    results = api("ben").get(URL).json()["results"]
    oldest = results[-1]["posted_seq"]
    ids, more = page(api("ben"), f"?after={oldest}&limit=3")
    assert (numbers(posts, ids), more) == ([4, 3, 2], True)
    ids, more = page(api("ben"), f"?after={results[3]['posted_seq']}&limit=3")
    assert (numbers(posts, ids), more) == ([10, 9, 8], False)


def test_around_has_the_message_in_its_middle(api, posts):
    ids, _ = page(api("ben"), f"?around={posts[5]}&limit=5")
    assert numbers(posts, ids) == [8, 7, 6, 5, 4]


def test_a_stranger_may_read_a_public_room(api, posts):
    assert page(api("eve"))[0] == posts[::-1]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?limit=0", "limit"),
        ("?limit=201", "limit"),
        ("?limit=ten", "limit"),
        ("?before=-1", "before"),
        ("?before=x", "before"),
        (f"?before={10**30}", "before"),
        ("?after=1.5", "after"),
        ("?around=0", "around"),
        ("?around=1&before=2", "around"),
        ("?befor=3", "befor"),
    ],
)
def test_a_bad_query_is_400_and_names_the_field(api, posts, query, field):
    response = api("ben").get(URL + query)
    assert (response.status_code, response.json()["code"], response.json()["field"]) == (400, "invalid", field)


def test_around_a_message_of_another_room_is_404(api, people, posts):
    other = room_create(owner=people["ada"], slug="other", name="Other")
    elsewhere = message_post(room=other, author=people["ada"], text="hi").id
    for message_id in (elsewhere, 999_999):
        assert api("ben").get(f"{URL}?around={message_id}").status_code == 404


# --- post -----------------------------------------------------------------------------------------


def test_a_post_is_answered_like_on_the_socket_and_says_where_it_is(api, general):
    response = api("ben").post(URL, {"text": "hello"})
    assert response.status_code == 201
    assert set(response.json()) == {"id", "seq", "created_at", "duplicate"}
    (found,) = api("ben").get(response["Location"]).json()["results"]
    assert (found["id"], found["text"], found["author"]["name"]) == (response.json()["id"], "hello", "ben")


def test_the_same_key_again_is_the_first_result(api, general):
    key = str(uuid.uuid4())
    first = api("ben").post(URL, {"text": "once", "key": key})
    again = api("ben").post(URL, {"text": "once", "key": key.upper()})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == {**first.json(), "duplicate": True}
    assert len(page(api("ben"))[0]) == 1


def test_the_same_key_with_another_text_is_409(api, general):
    key = str(uuid.uuid4())
    api("ben").post(URL, {"text": "once", "key": key})
    response = api("ben").post(URL, {"text": "twice", "key": key})
    assert (response.status_code, response.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    "text", ["  spaces \n\t kept ", "ünïcode 💬 \u200fשלום", "<script>alert(1)</script>", "a" * 4_000, "0"]
)
def test_a_text_comes_back_as_it_was_sent(api, general, text):
    assert api("ben").post(URL, {"text": text}).status_code == 201
    assert api("ben").get(URL).json()["results"][0]["text"] == text


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": None}, "text"),
        ({"text": ""}, "text"),
        ({"text": " \n\t "}, "text"),
        ({"text": "a" * 4_001}, "text"),
        ({"text": "nul\x00"}, "text"),
        ({"text": 7}, "text"),
        ({"text": True}, "text"),
        ({"text": ["hi"]}, "text"),
        ({"text": "hi", "key": "no uuid"}, "key"),
        ({"text": "hi", "key": 7}, "key"),
        ({"text": "hi", "key": "123e4567e89b42d3a456426614174000"}, "key"),
        ({"text": "hi", "reply_to": -1}, "reply_to"),
        ({"text": "hi", "reply_to": 999_999}, "reply_to"),
        ({"text": "hi", "reply_to": 10**30}, "reply_to"),
        ({"text": "hi", "author": "ada"}, "author"),
    ],
)
def test_a_bad_message_is_400_and_names_the_field(api, general, body, field):
    response = api("ben").post(URL, body)
    assert (response.status_code, response.json()["code"], response.json()["field"]) == (400, "invalid", field)
    assert page(api("ben")) == ([], False)


@pytest.mark.parametrize("raw", ['{"text": "\\ud800"}', '{"text": "\\u0000"}', '{"text": "hi"', "[1]", "null"])
def test_a_body_that_cannot_be_a_message_is_400(api, general, raw):
    response = api("ben").generic("POST", URL, raw, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (400, "invalid")


def test_posting_in_a_public_room_joins_it(api, general):
    assert api("eve").post(URL, {"text": "hi"}).status_code == 201
    assert api("eve").get("/api/rooms/general/").json()["me"]["role"] == "member"


def test_an_archived_room_takes_no_post(api, general):
    room_archive(room=general, by=None)
    response = api("ben").post(URL, {"text": "hi"})
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")


def test_slow_mode_is_429_and_says_how_long(api, general):
    room_update(room=general, by=None, slow_mode_s=60)
    assert api("ben").post(URL, {"text": "one"}).status_code == 201
    response = api("ben").post(URL, {"text": "two"})
    assert (response.status_code, response.json()["code"]) == (429, "slow_mode")
    assert 0 < int(response["Retry-After"]) <= 60


def test_posting_too_fast_is_429_and_says_how_long(api, general, settings):
    settings.REALTIME = {"POSTS_PER_S": 1, "POSTS_BURST": 2}
    client = api("ben")
    statuses = [client.post(URL, {"text": f"post {n}"}).status_code for n in range(3)]
    assert statuses == [201, 201, 429]
    response = client.post(URL, {"text": "again"})
    assert (response.json()["code"], response["Retry-After"]) == ("rate_limited", "1")


def test_accounts_for_load_tests_have_no_such_limit(api, people, general, settings):
    settings.REALTIME = {"POSTS_PER_S": 1, "POSTS_BURST": 1}
    people["ben"].is_load_account = True
    people["ben"].save()
    assert {api("ben").post(URL, {"text": f"post {n}"}).status_code for n in range(5)} == {201}


def test_a_database_that_is_away_is_503_and_says_when_to_come_again(api, general, monkeypatch):
    def away(**_):
        raise Unavailable

    monkeypatch.setattr("chat.api.messages.message_post", away)
    response = api("ben").post(URL, {"text": "hi"})
    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
    assert int(response["Retry-After"]) > 0


# --- edit and delete ------------------------------------------------------------------------------


def test_one_edits_and_deletes_ones_own_message(api, general):
    message_id = api("ben").post(URL, {"text": "helo"}).json()["id"]
    edited = api("ben").patch(f"{URL}{message_id}/", {"text": "hello"})
    assert (edited.status_code, set(edited.json())) == (200, {"seq", "duplicate"})
    assert api("ben").get(URL).json()["results"][0]["text"] == "hello"
    deleted = api("ben").delete(f"{URL}{message_id}/")
    assert deleted.status_code == 200
    assert deleted.json()["seq"] == edited.json()["seq"] + 1
    assert api("ben").get(URL).json()["results"][0]["text"] is None


def test_what_changes_nothing_keeps_the_seq(api, general):
    posted = api("ben").post(URL, {"text": "hello"}).json()
    assert api("ben").patch(f"{URL}{posted['id']}/", {"text": "hello"}).json()["seq"] == posted["seq"]


def test_others_messages_are_edited_by_nobody_and_deleted_by_moderators(api, general):
    message_id = api("ben").post(URL, {"text": "mine"}).json()["id"]
    url = f"{URL}{message_id}/"
    assert api("ada").patch(url, {"text": "yours"}).status_code == 403
    assert api("eve").delete(url).status_code == 403
    assert api("ada").delete(url).status_code == 200


@pytest.mark.parametrize("message_id", [0, 999_999, 2**63, 10**30])
def test_a_message_that_is_not_there_is_404(api, general, message_id):
    assert api("ben").patch(f"{URL}{message_id}/", {"text": "x"}).status_code == 404
    assert api("ben").delete(f"{URL}{message_id}/").status_code == 404


def test_a_message_of_another_room_is_404(api, people, general):
    other = room_create(owner=people["ada"], slug="other", name="Other")
    message_id = message_post(room=other, author=people["ada"], text="hi").id
    assert api("ada").patch(f"{URL}{message_id}/", {"text": "x"}).status_code == 404


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": "a" * 4_001}, {"text": 1}])
def test_a_bad_edit_is_400(api, general, body):
    message_id = api("ben").post(URL, {"text": "helo"}).json()["id"]
    response = api("ben").patch(f"{URL}{message_id}/", body)
    assert (response.status_code, response.json()["field"]) == (400, "text")


def test_a_session_needs_the_csrf_token_and_a_bearer_does_not(people, general):
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(people["ben"])
    refused = browser.post(URL, {"text": "hi"})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    program = APIClient(enforce_csrf_checks=True)
    program.credentials(HTTP_AUTHORIZATION=f"Bearer {AccessToken.for_user(people['ben'])}")
    assert program.post(URL, {"text": "hi"}).status_code == 201


# --- reports --------------------------------------------------------------------------------------


def reports_of(message: int, slug: str = "general") -> str:
    return f"/api/rooms/{slug}/messages/{message}/reports/"


def test_a_report_is_made_once_and_says_when_it_was_there(api, posts):
    report = {"reason": "abuse", "note": "Look at this."}
    first, again = (api("ben").post(reports_of(posts[0]), report, format="json") for _ in range(2))
    assert (first.status_code, first.json()) == (201, {"duplicate": False})
    assert (again.status_code, again.json()) == (200, {"duplicate": True})
    assert set(first.json()) == set(ReportedAnswer().fields)
    kept = Report.objects.get()
    assert (kept.reporter.username, kept.reason, kept.note, kept.text) == ("ben", "abuse", "Look at this.", "post 1")


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "reason"), ({"reason": "dull"}, "reason"), ({"reason": "spam", "note": "x" * 501}, "note"),
     ({"reason": "spam", "urgent": True}, "urgent")],
)  # fmt: skip
def test_a_report_that_is_none_names_its_field(api, posts, body, field):
    response = api("ben").post(reports_of(posts[0]), body, format="json")
    assert (response.status_code, response.json()["code"], response.json()["field"]) == (400, "invalid", field)


def test_a_report_is_refused_as_the_message_is(api, posts, secret, people):
    hidden = message_post(room=secret, author=people["ada"], text="among us").id
    spam = {"reason": "spam"}
    assert api("ada").post(reports_of(posts[0]), spam, format="json").status_code == 403
    assert api("ben").post(reports_of(posts[4]), spam, format="json").status_code == 409
    assert api("ben").post(reports_of(2**70), spam, format="json").status_code == 404
    assert api("eve").post(reports_of(hidden, "secret"), spam, format="json").status_code == 404
    assert APIClient().post(reports_of(posts[0]), spam, format="json").status_code == 401
    assert api("ben").post(reports_of(hidden, "secret"), spam, format="json").status_code == 201
