"""One stream: order, holes, joiners. The writers are lists."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.consumers.topic import TopicConsumer
from realtime.hub.stream import Member, Stream
from realtime.hub.types import Item, StreamKind
from realtime.identity import Identity


class Sink:
    """A writer that remembers the seqs and names of what it was given."""

    def __init__(self) -> None:
        self.got: list[int | str] = []

    def write_batch(self, batch) -> None:
        for frame in batch.frames:
            event = msgspec.json.decode(frame)
            self.got.append(event.get("seq", event["event"]))


def item(seq: int, prev: int | None = None) -> Item:
    return Item.of("log", "message", {"n": seq}, seq=seq, prev=prev)


def log_stream() -> Stream:
    return Stream("log", StreamKind.LOG, TopicConsumer)


def join(stream: Stream) -> Member:
    member = Member(Sink(), None)
    stream.join(member)
    return member


def flush(stream: Stream) -> None:
    """What the hub does, without its pace."""
    taken = stream.take()
    if taken:
        from realtime.hub.writers import Batch

        audience = stream.audience()
        stream.give_joiners(taken)
        for member in audience.others:
            member.writer.write_batch(Batch([each.frame for each in taken]))


def joined(stream: Stream, seq: int | None) -> Member:
    member = join(stream)
    stream.settle(member, seq, "e")
    return member


def test_items_in_order_reach_every_member_once() -> None:
    stream = log_stream()
    member = joined(stream, 3)
    assert not stream.accept([item(4), item(5)])
    assert not stream.accept([item(5)])
    flush(stream)
    assert member.writer.got == [4, 5]


def test_an_item_behind_a_hole_is_held_until_the_hole_is_filled() -> None:
    stream = log_stream()
    member = joined(stream, 3)
    assert stream.accept([item(6)])
    flush(stream)
    assert member.writer.got == []
    assert not stream.accept([item(4), item(5)])
    flush(stream)
    assert member.writer.got == [4, 5, 6]


def test_a_healed_item_that_overtook_others_fills_their_hole() -> None:
    stream = log_stream()
    member = joined(stream, 3)
    stream.accept([item(7)])
    assert not stream.accept([item(6, prev=3)])
    flush(stream)
    assert member.writer.got == [6, 7]


def test_a_joiner_gets_what_was_flushed_while_its_snapshot_was_read() -> None:
    stream = log_stream()
    joined(stream, 3)
    late = join(stream)
    stream.accept([item(4), item(5)])
    flush(stream)
    stream.settle(late, 4, "e")
    assert late.writer.got == [5]
    stream.accept([item(6)])
    flush(stream)
    assert late.writer.got == [5, 6]


def test_a_joiner_ahead_of_the_stream_gets_nothing_twice_while_it_catches_up() -> None:
    stream = log_stream()
    first = joined(stream, 3)
    ahead = join(stream)
    stream.settle(ahead, 5, "e")
    assert ahead in stream.joiners
    stream.accept([item(4), item(5), item(6)])
    flush(stream)
    assert first.writer.got == [4, 5, 6]
    assert ahead.writer.got == [6]
    assert ahead in stream.members


def test_what_waits_for_its_flush_at_the_reply_is_neither_lost_nor_doubled() -> None:
    stream = log_stream()
    joined(stream, 3)
    stream.accept([item(4)])
    late = join(stream)
    stream.settle(late, 4, "e")
    flush(stream)
    assert late.writer.got == []
    stream.accept([item(5)])
    flush(stream)
    assert late.writer.got == [5]


def test_the_first_joiner_sets_the_position_and_takes_what_came_before_its_reply() -> None:
    stream = log_stream()
    member = join(stream)
    stream.accept([item(4), item(5)])
    flush(stream)
    stream.settle(member, 4, "e")
    flush(stream)
    assert member.writer.got == [5]


def test_one_that_left_gets_nothing_more() -> None:
    stream = log_stream()
    member = joined(stream, 0)
    stream.leave(member, now=1.0)
    stream.accept([item(1)])
    flush(stream)
    assert member.writer.got == []
    assert stream.idle_since == 1.0


def test_ephemeral_events_pass_without_a_position() -> None:
    stream = Stream("room", StreamKind.EPHEMERAL, TopicConsumer)
    member = join(stream)
    stream.settle(member, None, None)
    stream.accept([Item.of("room", "typing", {})])
    flush(stream)
    assert member.writer.got == ["typing"]


def test_of_a_state_only_what_is_newer_is_taken() -> None:
    stream = Stream("state", StreamKind.STATE, TopicConsumer)
    member = join(stream)
    stream.settle(member, 5, None)
    stream.accept([item(4), item(7), item(6)])
    flush(stream)
    assert member.writer.got == [7]


@given(
    deliveries=st.lists(st.tuples(st.integers(1, 30), st.booleans()), max_size=80),
    joins=st.dictionaries(st.integers(0, 79), st.integers(0, 3), max_size=6),
)
def test_whatever_is_lost_doubled_or_reordered_every_reader_gets_each_change_once_in_order(
    deliveries: list[tuple[int, bool]], joins: dict[int, int]
) -> None:
    """A lossy, reordering wire with joiners in between; at the end the log heals the rest."""
    stream, top = log_stream(), 0
    readers: list[tuple[Member, int]] = [(joined(stream, 0), 0)]
    waiting: list[tuple[Member, int, int]] = []
    for step, (seq, flushes) in enumerate(deliveries):
        top = max(top, seq)
        if step in joins:
            waiting.append((join(stream), top, step + joins[step]))
        stream.accept([item(seq)])
        if flushes:
            flush(stream)
        for entry in [entry for entry in waiting if entry[2] <= step]:
            waiting.remove(entry)
            stream.settle(entry[0], entry[1], "e")
            readers.append(entry[:2])
    for member, cut, _ in waiting:
        stream.settle(member, cut, "e")
        readers.append((member, cut))
    stream.accept([item(seq) for seq in range(1, top + 1)])
    flush(stream)
    for member, cut in readers:
        assert member.writer.got == list(range(cut + 1, top + 1))


def state_stream() -> Stream:
    return Stream("state", StreamKind.STATE, TopicConsumer)


def test_a_reader_of_a_state_never_gets_an_older_one_than_its_snapshot() -> None:
    stream = state_stream()
    first = joined(stream, 4)
    late = join(stream)
    stream.accept([item(5)])
    stream.settle(late, 7, None)
    flush(stream)
    assert (first.writer.got, late.writer.got) == ([5], [])
    stream.accept([item(7), item(8)])
    flush(stream)
    assert (first.writer.got, late.writer.got) == ([5, 7, 8], [8])


def test_a_hole_known_before_the_first_reply_stays_known() -> None:
    stream = log_stream()
    member = join(stream)
    stream.accept([item(6)])
    stream.settle(member, 4, "e")
    assert stream.held
    stream.accept([item(5)])
    flush(stream)
    assert member.writer.got == [5, 6]


def test_a_stream_joined_besides_takes_no_position_from_it() -> None:
    stream = log_stream()
    beside = join(stream)
    stream.settle(beside, None, None)
    assert stream.position is None
    main = joined(stream, 37)
    stream.accept([item(38)])
    flush(stream)
    assert (beside.writer.got, main.writer.got) == ([38], [38])


def test_a_replaced_log_leaves_nothing_of_the_old_one_with_those_who_are_joining() -> None:
    stream = log_stream()
    joined(stream, 3)
    late = join(stream)
    stream.accept([item(4)])
    flush(stream)
    stream.restart()
    stream.settle(late, 2, "new")
    stream.accept([item(3)])
    flush(stream)
    assert late.writer.got == [3]


def test_a_flood_is_handed_out_in_pieces_that_a_reader_can_take() -> None:
    stream = log_stream()
    member = joined(stream, 0)
    stream.accept([Item.of("log", "message", {"text": "x" * 100_000}, seq=seq) for seq in range(1, 9)])
    flush(stream)
    assert member.writer.got == [1, 2, 3]
    late = join(stream)
    stream.settle(late, 8, "e")
    while stream.pending:
        flush(stream)
    assert member.writer.got == list(range(1, 9))
    assert late.writer.got == []
    stream.accept([item(9)])
    flush(stream)
    assert late.writer.got == [9]


@pytest.mark.parametrize("kind", [StreamKind.LOG, StreamKind.DIFF])
def test_behind_a_hole_nothing_is_held_for_nobody_but_the_next_reader_begins_anew(kind: StreamKind) -> None:
    stream = log_stream()
    stream.kind = kind
    listener = TopicConsumer("presence/general", identity=Identity(1, "ada"))
    stream.listen(listener)
    member = joined(stream, 1)
    stream.leave(member, now=10.0)
    assert stream.idle_since is None  # somebody listens
    stream.accept([item(2)])
    assert stream.position == 2
    for seq in range(4, 100):
        stream.accept([item(seq)])
    assert (stream.held, stream.position) == ({}, None)
    again = joined(stream, 99)
    stream.accept([item(100)])
    flush(stream)
    assert again.writer.got == [100]
    stream.leave(again, now=20.0)
    stream.unlisten(listener, now=30.0)
    assert stream.idle_since == 30.0
    assert stream.consumers() == []
