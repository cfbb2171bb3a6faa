"""The commands an operator runs now and then."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command

from chat.models import Message, MessageKey, Room
from chat.services import message_post

pytestmark = pytest.mark.django_db


def run(name: str) -> str:
    out = io.StringIO()
    call_command(name, stdout=out)
    return out.getvalue()


def test_after_a_restore_every_log_has_another_epoch_and_the_same_seqs(make_room, ada):
    rooms = [make_room(), make_room()]
    message_post(room=rooms[0], author=ada, text="Hello")
    before = dict(Room.objects.values_list("pk", "epoch"))
    seqs = list(Room.objects.order_by("pk").values_list("last_seq", flat=True))
    assert run("epoch_rotate") == "Named the logs of 2 rooms anew.\n"
    after = dict(Room.objects.values_list("pk", "epoch"))
    assert all(after[pk] != epoch for pk, epoch in before.items())
    assert list(Room.objects.order_by("pk").values_list("last_seq", flat=True)) == seqs


def test_keys_past_their_time_are_forgotten_and_messages_stay(room, ada):
    for text in ("old", "new"):
        message_post(room=room, author=ada, text=text)
    old = MessageKey.objects.order_by("pk")[0]
    MessageKey.objects.filter(pk=old.pk).update(created_at=datetime.now(UTC) - timedelta(days=8))
    assert run("key_purge") == "Forgot 1 keys.\n"
    assert run("key_purge") == "Forgot 0 keys.\n"
    assert MessageKey.objects.count() == 1
    assert Message.objects.count() == 2
