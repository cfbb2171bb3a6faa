"""Sessions and accounts as the database has them: who may connect, what still holds, and what is noted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from realtime.auth import access
from realtime.auth.access import access_changed, access_version, users_changed_since
from realtime.auth.sessions import SessionRef, accounts_load, session_store, sessions_load, sessions_verify
from realtime.models import AccessChange
from realtime.protocol.codes import CloseCode

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada", password="pw")


@pytest.fixture
def browser(ada) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def key_of(client: Client) -> str:
    return client.cookies["sessionid"].value


def ref_of(client: Client) -> SessionRef:
    result, _ = sessions_load([key_of(client)])[key_of(client)]
    assert result.session is not None
    return result.session


def token_ref(user: User) -> SessionRef:
    claim = AccessToken.for_user(user)["hash_password"]
    return SessionRef(user.pk, None, claim, timezone.now().timestamp() + 60, access_version())


def rewrite(key: str, **changes) -> None:
    """Put something else into a stored session."""
    store = session_store()(key)
    store.update(changes)
    store.save()


# --- who may connect ------------------------------------------------------------------------------


def test_a_session_says_who_and_what_it_stands_on(ada, browser):
    result, active = sessions_load([key_of(browser)])[key_of(browser)]
    assert active
    assert (result.identity.id, result.identity.name, result.identity.staff) == (ada.pk, "ada", False)
    stored = Session.objects.get()
    assert (result.session.key, result.session.user_id) == (stored.session_key, ada.pk)
    assert result.session.expires_at == stored.expire_date.timestamp()


def test_staff_and_load_accounts_are_known_as_such(ada):
    User.objects.filter(pk=ada.pk).update(is_staff=True, is_load_account=True)
    identity = accounts_load([ada.pk])[ada.pk].identity
    assert (identity.staff, identity.exempt) == (True, True)


def test_a_disabled_accounts_session_is_known_but_not_active(ada, browser):
    User.objects.filter(pk=ada.pk).update(is_active=False)
    _, active = sessions_load([key_of(browser)])[key_of(browser)]
    assert not active


@pytest.mark.parametrize("key", ["", "nonsense", "a" * 32, "a" * 5_000, "nul\x00", "'; DROP TABLE", "schlüssel"])
def test_a_key_that_is_no_session_says_nothing(browser, key):
    assert sessions_load([key]) == {}


@pytest.mark.parametrize(
    "changes",
    [
        {SESSION_KEY: "999999"},
        {SESSION_KEY: "no number"},
        {"_auth_user_hash": "of another password"},
        {"_auth_user_hash": None},
        {"_auth_user_backend": "some.other.Backend"},
    ],
)
def test_a_session_django_would_not_take_says_nothing(browser, changes):
    rewrite(key_of(browser), **changes)
    assert sessions_load([key_of(browser)]) == {}


def test_an_anonymous_session_says_nothing(client):
    session = client.session
    session["theme"] = "dark"
    session.save()
    assert sessions_load([session.session_key]) == {}


def test_an_expired_session_says_nothing(browser):
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert sessions_load([key_of(browser)]) == {}


def test_a_session_survives_a_change_of_the_secret_key_with_a_fallback(browser, settings):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the next key of the tests, which is just as little of a secret"
    assert set(sessions_load([key_of(browser)])) == {key_of(browser)}


def test_two_hundred_sessions_cost_three_queries(django_assert_num_queries):
    browsers = []
    for number in range(200):
        client = Client()
        client.force_login(User.objects.create(username=f"user-{number}"))
        browsers.append(client)
    with django_assert_num_queries(3):
        assert len(sessions_load([key_of(client) for client in browsers])) == 200


# --- what still holds -----------------------------------------------------------------------------


def verdict(ref: SessionRef) -> CloseCode | None:
    return sessions_verify([ref])[ref].ended


def test_a_live_session_and_a_live_token_hold(ada, browser):
    assert verdict(ref_of(browser)) is None
    assert verdict(token_ref(ada)) is None


def test_log_out_ends_this_session_and_no_other(ada, browser):
    other = Client()
    other.force_login(ada)
    mine, theirs = ref_of(browser), ref_of(other)
    browser.logout()
    assert (verdict(mine), verdict(theirs)) == (CloseCode.AUTH_FAILED, None)


def test_a_changed_password_ends_sessions_and_tokens(ada, browser):
    session, token = ref_of(browser), token_ref(ada)
    ada.set_password("another")
    ada.save()
    assert verdict(session) == verdict(token) == CloseCode.AUTH_FAILED


def test_a_disabled_account_is_told_so(ada, browser):
    session, token = ref_of(browser), token_ref(ada)
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert verdict(session) == verdict(token) == CloseCode.BANNED


def test_who_becomes_staff_or_stops_being_it_is_to_come_back_as_who_they_are_now(ada, browser):
    session, token = ref_of(browser), token_ref(ada)
    assert verdict(session) == verdict(token) is None
    User.objects.filter(pk=ada.pk).update(is_staff=True)
    assert verdict(session) == verdict(token) == CloseCode.TRY_LATER
    assert verdict(ref_of(browser)) is None


def test_a_deleted_account_ends_both(ada, browser):
    session, token = ref_of(browser), token_ref(ada)
    ada.delete()
    assert verdict(session) == verdict(token) == CloseCode.AUTH_FAILED


def test_an_expired_session_ends_and_a_prolonged_one_says_until_when(browser):
    ref = ref_of(browser)
    later = timezone.now() + timedelta(days=90)
    Session.objects.update(expire_date=later)
    assert sessions_verify([ref])[ref].expires_at == later.timestamp()
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert verdict(ref) is CloseCode.AUTH_FAILED


def test_a_thousand_refs_of_one_user_are_verified_in_slices(ada, browser, django_assert_max_num_queries):
    ref = ref_of(browser)
    refs = [SessionRef(ada.pk, ref.key, ref.hash, ref.expires_at + n, ref.version) for n in range(1_000)]
    with django_assert_max_num_queries(10):
        assert all(found.ended is None for found in sessions_verify(refs).values())


# --- what is noted --------------------------------------------------------------------------------


@pytest.fixture
def told(monkeypatch) -> list[int]:
    """The users signalled to the other processes."""
    users: list[int] = []
    monkeypatch.setattr(access, "signal", lambda stream, name, data: users.append(data["user"]))
    return users


@pytest.fixture
def noted(ada, browser, told, django_capture_on_commit_callbacks):
    """Does something and gives whose access was noted: in the list, and to the processes on commit."""

    def note(act) -> list[int]:
        before = access_version()
        with django_capture_on_commit_callbacks(execute=True):
            act()
        listed = users_changed_since(before, access_version())
        assert listed is not None
        assert sorted(listed) == sorted(set(told))
        return sorted(listed)

    return note


def test_log_out_is_noted(ada, browser, noted):
    assert noted(browser.logout) == [ada.pk]


def test_a_changed_password_is_noted(ada, noted):
    def act():
        ada.set_password("another")
        ada.save(update_fields=["password"])

    assert noted(act) == [ada.pk]


def test_deactivation_is_noted(ada, noted):
    def act():
        ada.is_active = False
        ada.save()

    assert noted(act) == [ada.pk]


def test_a_deleted_account_is_noted(ada, noted):
    pk = ada.pk
    assert noted(ada.delete) == [pk]


def test_log_in_a_new_account_and_other_fields_are_not_noted(ada, noted):
    def act():
        Client().login(username="ada", password="pw")
        User.objects.create_user("ben")
        ada.first_name = "Ada"
        ada.save(update_fields=["first_name"])

    assert noted(act) == []


def test_a_purge_of_expired_or_anonymous_sessions_is_not_noted(client, noted):
    anonymous = client.session
    anonymous.save()

    def act():
        anonymous.delete()
        Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
        Session.objects.all().delete()

    assert noted(act) == []


def test_what_is_rolled_back_was_never_noted(ada, told):
    from django.db import transaction

    before = access_version()
    with pytest.raises(RuntimeError), transaction.atomic():  # noqa: PT012 - the block is the transaction
        access_changed([ada.pk])
        raise RuntimeError
    assert access_version() == before
    assert told == []


def test_the_list_reaches_back_a_while_and_says_when_it_does_not(monkeypatch):
    monkeypatch.setattr(access, "KEPT", 5)
    start = access_version()
    for user in range(1, 9):
        access_changed([user])
    now = access_version()
    assert now == start + 8
    assert users_changed_since(now - 5, now) == {4, 5, 6, 7, 8}
    assert users_changed_since(now - 6, now) is None
    assert AccessChange.objects.count() == 5


def test_many_users_at_once_are_noted_each(monkeypatch):
    start = access_version()
    access_changed([3, 1, 2, 3])
    assert access_version() == start + 3
    assert users_changed_since(start, start + 3) == {1, 2, 3}
    access_changed([])
    assert access_version() == start + 3
