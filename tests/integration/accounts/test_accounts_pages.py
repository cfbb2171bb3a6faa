"""The pages to sign up, log in and log out, through Django's test client."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough pass phrase"


@pytest.fixture(autouse=True)
def _fresh_limits():
    cache.clear()


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada", password=PASSWORD)


def logged_in(client: Client) -> str | None:
    pk = client.session.get("_auth_user_id")
    return None if pk is None else User.objects.get(pk=pk).username


def sign_up(client: Client, username: str = "ada", password: str = PASSWORD, **more: str):
    return client.post("/signup/", {"username": username, "password": password, **more})


def log_in(client: Client, username: str = "ada", password: str = PASSWORD, **more: str):
    return client.post("/login/", {"username": username, "password": password, **more})


# --- sign up --------------------------------------------------------------------------------------


def test_a_name_is_known_however_it_is_spelt(client, ada):
    log_in(client, "ADA")
    assert logged_in(client) == "ada"


@pytest.mark.django_db(transaction=True)
def test_a_new_password_is_not_saved_without_the_note_that_ends_its_log_ins(ada, monkeypatch):
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("realtime.auth.receivers.access_changed", fail)
    ada.set_password("another pass phrase")
    with pytest.raises(RuntimeError):
        ada.save()
    assert User.objects.get().check_password(PASSWORD)


def test_signing_up_makes_an_account_and_logs_it_in(client):
    response = sign_up(client)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert logged_in(client) == "ada"
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize(
    ("username", "password", "field"),
    [
        ("", PASSWORD, "username"),
        ("two words", PASSWORD, "username"),
        ("<script>", PASSWORD, "username"),
        ("a" * 151, PASSWORD, "username"),
        ("nul\x00", PASSWORD, "username"),
        ("ben", "", "password"),
        ("ben", "short", "password"),
        ("ben", "12345678901", "password"),
        ("ben", "password123", "password"),
        ("benjamin", "benjamin1", "password"),
        ("ben", "x" * 1_025, "password"),
    ],
)
def test_what_cannot_be_an_account_is_said_at_its_field(client, username, password, field):
    response = sign_up(client, username, password)
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]
    assert User.objects.count() == 0


@pytest.mark.parametrize("name", ["ada", "ADA", "Ada"])
def test_a_name_that_is_taken_is_refused_whatever_its_case(client, ada, name):
    response = sign_up(client, name)
    assert "already exists" in response.context["form"].errors["username"][0]
    assert User.objects.count() == 1


def test_a_name_taken_in_the_same_moment_is_said_at_its_field(client, ada, monkeypatch):
    monkeypatch.setattr("accounts.forms.SignupForm.clean_username", lambda form: form.cleaned_data["username"])
    response = sign_up(client, "Ada")
    assert "already exists" in response.context["form"].errors["username"][0]
    assert logged_in(client) is None


def test_accounts_cannot_be_made_by_the_hundred(client):
    for number in range(30):
        assert sign_up(Client(), f"user-{number}").status_code == 302
    response = sign_up(client, "one-more")
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert not User.objects.filter(username="one-more").exists()
    assert sign_up(Client(REMOTE_ADDR="203.0.113.9"), "from-elsewhere").status_code == 302


# --- log in ---------------------------------------------------------------------------------------


def test_logging_in_goes_where_next_says(client, ada):
    assert 'name="next" value="/rooms/general/"' in client.get("/login/?next=/rooms/general/").content.decode()
    response = log_in(client, next="/rooms/general/")
    assert (response.status_code, response["Location"]) == (302, "/rooms/general/")
    assert logged_in(client) == "ada"


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "http:///evil.example"],
)
@pytest.mark.parametrize("page", ["login", "signup"])
def test_next_never_leads_to_another_site(client, ada, page, target):
    name = "ada" if page == "login" else "ben"
    response = client.post(f"/{page}/", {"username": name, "password": PASSWORD, "next": target})
    assert response["Location"] == "/"


@pytest.mark.parametrize(("name", "password"), [("ada", "wrong"), ("nobody", PASSWORD), ("ada", "")])
def test_a_wrong_name_or_password_is_refused_without_saying_which(client, ada, name, password):
    response = log_in(client, name, password)
    assert response.status_code == 200
    assert logged_in(client) is None
    assert PASSWORD not in response.content.decode()


def test_a_disabled_account_cannot_log_in(client, ada):
    User.objects.update(is_active=False)
    assert log_in(client).status_code == 200
    assert logged_in(client) is None


def test_whoever_is_logged_in_already_is_sent_on(client, ada):
    client.force_login(ada)
    assert client.get("/login/?next=/rooms/general/")["Location"] == "/rooms/general/"
    assert client.get("/signup/")["Location"] == "/"


def test_guessing_a_password_is_stopped_even_with_the_right_one(client, ada):
    for _ in range(10):
        assert log_in(client, password="guess").status_code == 200
    response = log_in(client)
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 300
    assert "Too many attempts" in response.content.decode()
    assert logged_in(client) is None


def test_guessing_many_names_from_one_address_is_stopped(client, ada):
    for number in range(30):
        log_in(client, f"user-{number}", "guess")
    assert log_in(client).status_code == 429
    assert log_in(Client(REMOTE_ADDR="203.0.113.9")).status_code == 302


def test_logging_in_often_is_not_guessing(ada, settings):
    settings.REALTIME = {"LOOPBACK_IS_EXEMPT": True}
    for _ in range(40):
        assert log_in(Client()).status_code == 302


# --- log out --------------------------------------------------------------------------------------


def test_logging_out_ends_the_session(client, ada):
    client.force_login(ada)
    response = client.post("/logout/")
    assert (response.status_code, response["Location"]) == (302, "/login/")
    assert logged_in(client) is None


def test_a_link_cannot_log_anybody_out(client, ada):
    client.force_login(ada)
    assert client.get("/logout/").status_code == 405
    assert logged_in(client) == "ada"


@pytest.mark.parametrize("page", ["login", "signup", "logout"])
def test_a_form_of_another_site_is_refused(ada, page):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(f"/{page}/", {"username": "ada", "password": PASSWORD}).status_code == 403


@pytest.mark.parametrize("page", ["login", "signup"])
def test_a_page_is_complete_without_a_script(client, page):
    response = client.get(f"/{page}/")
    html = response.content.decode()
    assert response.status_code == 200
    assert html.count("<h1") == 1
    assert '<label class="field__label" for="id_username">' in html
    assert 'autocomplete="' in html
    assert "<script>" not in html
    assert "style=" not in html
    assert "no-cache" in response["Cache-Control"]
