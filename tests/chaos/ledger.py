"""Compares what was asked for, what is stored and what each reader holds. Pure but for `read_stored`.

Every author changes only messages of their own, one change at a time, so their intents, in order, say what
the log has to hold in the end; nothing else may be in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

__all__ = ["Intent", "Row", "View", "faults", "read_stored"]


@dataclass
class Intent:
    """One change that somebody asked for. target: the post's key, for edits and deletions. reply: once acknowledged."""

    author: str
    room: str
    event: str
    key: str
    text: str | None
    target: str | None = None
    reply: Mapping[str, Any] | None = None
    failed: str | None = None


@dataclass(frozen=True)
class Row:
    """One message as it is stored."""

    id: int
    room: str
    author: str
    key: str
    seq: int
    posted_seq: int
    text: str | None


@dataclass
class View:
    """What one reader of one room was given. since: what stood before it was not to be received."""

    reader: str
    room: str
    since: int = 0
    seqs: list[int] = field(default_factory=list)
    snapshots: int = 0
    held: dict[int, Mapping[str, Any]] = field(default_factory=dict)

    def take(self, event: str, data: Any, seq: int | None) -> None:
        """Take what a subscription passed on."""
        if event == "snapshot":
            self.snapshots += 1
            self.held = {message["id"]: message for message in data["messages"]}
            self.since = min((message["posted_seq"] for message in data["messages"]), default=seq or 0)
            self.seqs.append(seq or 0)
        elif seq is not None:
            self.seqs.append(seq)
            if event == "message":
                self.held[data["id"]] = data


def read_stored(connection: psycopg.Connection, room_prefix: str) -> list[Row]:
    """Every message of the rooms whose slug begins so, oldest first."""
    rows = connection.execute(
        "SELECT m.id, r.slug, u.username, m.key::text, m.seq, m.posted_seq, m.text FROM chat_message m"
        " JOIN chat_room r ON r.id = m.room_id JOIN accounts_user u ON u.id = m.author_id"
        " WHERE r.slug LIKE %s ORDER BY r.slug, m.posted_seq",
        (f"{room_prefix}%",),
    )
    return [Row(*row) for row in rows]


def faults(intents: Iterable[Intent], stored: Sequence[Row], views: Iterable[View]) -> list[str]:
    """Everything that is not as promised, in sentences; empty if all is well."""
    intents = list(intents)
    by_key: defaultdict[str, list[Row]] = defaultdict(list)
    for row in stored:
        by_key[row.key].append(row)
    found = _intents_against_stored(intents, by_key)
    found += _strangers(intents, stored)
    found += _order_of_authors(intents, by_key)
    found += _seqs_used_twice(stored)
    for view in views:
        found += _view_against_stored(view, [row for row in stored if row.room == view.room])
    return found


def _intents_against_stored(intents: list[Intent], by_key: Mapping[str, list[Row]]) -> list[str]:
    found: list[str] = []
    final: dict[str, str | None] = {}
    for intent in intents:
        if intent.failed is not None:
            found.append(f"{intent.author}'s {intent.event} {intent.key} failed: {intent.failed}")
        elif intent.reply is None:
            found.append(f"{intent.author}'s {intent.event} {intent.key} was never acknowledged")
        final[intent.target or intent.key] = intent.text
    for key, text in final.items():
        rows = by_key.get(key, [])
        if len(rows) != 1:
            found.append(f"the post {key} is stored {len(rows)} times")
        elif rows[0].text != text:
            found.append(f"the post {key} should say {text!r} and says {rows[0].text!r}")
    for intent in intents:
        rows = by_key.get(intent.key, [])
        if intent.event == "message.post" and intent.reply is not None and rows:
            told = (intent.reply["id"], intent.reply["seq"])
            if told != (rows[0].id, rows[0].posted_seq):
                found.append(f"the post {intent.key} was acknowledged as {told} and is another")
    return found


def _strangers(intents: list[Intent], stored: Sequence[Row]) -> list[str]:
    asked = {intent.key for intent in intents}
    return [f"message {row.id} ({row.text!r}) was never asked for" for row in stored if row.key not in asked]


def _order_of_authors(intents: list[Intent], by_key: Mapping[str, list[Row]]) -> list[str]:
    found: list[str] = []
    last: dict[tuple[str, str], int] = {}
    for intent in intents:
        if intent.event != "message.post" or intent.key not in by_key:
            continue
        who, seq = (intent.room, intent.author), by_key[intent.key][0].posted_seq
        if seq <= last.get(who, 0):
            found.append(f"{intent.author}'s post {intent.key} stands before one that was written earlier")
        last[who] = seq
    return found


def _seqs_used_twice(stored: Sequence[Row]) -> list[str]:
    used: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for row in stored:
        for seq in {row.seq, row.posted_seq}:
            used[row.room, seq].append(row.id)
    return [f"seq {seq} of {room} belongs to messages {ids}" for (room, seq), ids in used.items() if len(ids) > 1]


def _view_against_stored(view: View, stored: Sequence[Row]) -> list[str]:
    found: list[str] = []
    for before, after in zip(view.seqs, view.seqs[1:], strict=False):
        if after <= before and not view.snapshots > 1:
            found.append(f"{view.reader} was given seq {after} of {view.room} after {before}: {view.seqs[-40:]}")
            break
    due = {row.id: row for row in stored if row.posted_seq >= view.since}
    for row in due.values():
        held = view.held.get(row.id)
        if held is None:
            found.append(f"{view.reader} never received message {row.id} (seq {row.seq}) of {view.room}")
        elif (held["seq"], held["text"]) != (row.seq, row.text):
            said = (held["seq"], held["text"])
            found.append(f"{view.reader} holds message {row.id} as {said}; it is {(row.seq, row.text)}")
    strange = view.held.keys() - {row.id for row in stored}
    return found + [f"{view.reader} holds message {pk} of {view.room}, which is not stored" for pk in strange]
