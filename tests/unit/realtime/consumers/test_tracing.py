"""What a client sends can be followed to the sockets it is written to; and costs nothing where nobody asks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from realtime import tracing
from realtime.checks import check_tracing
from realtime.groupcommit import GroupCommit
from realtime.hub import Item, Publication, publish
from realtime.hub.messages import decode, encode
from realtime.identity import Identity
from realtime.protocol.errors import Forbidden
from realtime.testing import TopicClient
from tests.unit.realtime.consumers import traced

TOPIC = "traced/a"


class Spans:
    """The spans that have ended, by name."""

    def __init__(self, exporter: InMemorySpanExporter) -> None:
        self._exporter = exporter

    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self._exporter.get_finished_spans() if span.name == name]

    def one(self, name: str) -> ReadableSpan:
        (span,) = self.named(name)
        return span

    def __str__(self) -> str:
        return "".join(span.to_json() for span in self._exporter.get_finished_spans())


@pytest.fixture
def spans() -> Iterator[Spans]:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing.use(provider)
    yield Spans(exporter)
    tracing.use(None)
    provider.shutdown()


@pytest.fixture(autouse=True)
def writer(settings) -> GroupCommit:
    settings.REALTIME = {**settings.REALTIME, "TOPICS": "tests.unit.realtime.consumers.traced"}
    traced.Traced.writer = GroupCommit(traced.run_batch, name="tests", execute=traced.inline)
    return traced.Traced.writer


def ada() -> TopicClient:
    return TopicClient(Identity(id=1, name="ada"), timeout_s=5)


async def settle() -> None:
    """Let the flush be done that the event came with."""
    await asyncio.sleep(0.05)


async def test_a_post_is_one_trace_from_its_sender_to_its_readers(spans) -> None:
    async with ada() as client:
        await client.subscribe(TOPIC)
        await client.send(TOPIC, "post", {"text": traced.SECRET})
        await settle()
    send, commit, publish, write = (spans.one(f"chorus.{name}") for name in ("send", "commit", "publish", "write"))
    assert send.parent is None
    assert commit.parent.span_id == send.context.span_id
    assert publish.parent.span_id == commit.context.span_id
    assert write.parent.span_id == publish.context.span_id
    assert {span.context.trace_id for span in (send, commit, publish, write)} == {send.context.trace_id}
    assert send.attributes == {"chorus.topic": "traced/<slug:name>", "chorus.event": "post"}
    assert commit.attributes == {"chorus.writer": "tests", "chorus.changes": 1}
    assert write.attributes == {"chorus.events": 1, "chorus.sockets": 1}
    assert send.start_time <= commit.start_time <= commit.end_time <= publish.start_time <= write.end_time


async def test_posts_that_share_a_transaction_are_linked_to_it(spans) -> None:
    async with ada() as client:
        await client.subscribe(TOPIC)
        await asyncio.gather(*(client.send(TOPIC, "post", {"text": f"{number}"}) for number in range(3)))
        await settle()
    sends, commits = spans.named("chorus.send"), spans.named("chorus.commit")
    linked = {link.context.span_id for commit in commits for link in commit.links}
    assert linked == {send.context.span_id for send in sends}
    assert sum(commit.attributes["chorus.changes"] for commit in commits) == len(sends) == 3


async def test_a_refusal_is_an_error_by_its_kind_and_nothing_that_was_written_is_told(spans) -> None:
    async with ada() as client:
        await client.subscribe(TOPIC)
        with pytest.raises(Forbidden):
            await client.send(TOPIC, "refuse", {"text": traced.SECRET})
    span = spans.one("chorus.send")
    assert not span.status.is_ok
    assert span.attributes["error.type"] == "Forbidden"
    assert not span.events
    assert traced.SECRET not in str(spans)


async def test_a_handler_that_waits_ends_its_span_when_it_is_done(spans) -> None:
    async with ada() as client:
        await client.subscribe(TOPIC)
        await client.send(TOPIC, "wait", {})
    assert spans.one("chorus.send").end_time > spans.one("chorus.send").start_time


async def test_another_process_goes_on_with_the_trace(spans) -> None:
    with tracing.active.publishing(None, [Publication(TOPIC, (Item.of(TOPIC, "posted", {}),))]) as publications:
        sent = encode(publications[0])
    async with ada() as client:
        await client.subscribe(TOPIC)
        publish([decode({**sent, "origin": "elsewhere"})])
        await settle()
    assert spans.one("chorus.write").parent.span_id == spans.one("chorus.publish").context.span_id


async def test_where_nobody_asks_nothing_is_traced_nor_said_on_the_wire() -> None:
    assert tracing.active is None
    publication = Publication(TOPIC, (Item.of(TOPIC, "posted", {}),))
    assert "trace" not in encode(publication)
    assert replace(publication, trace="00-a-b-01") == publication
    async with ada() as client:
        await client.subscribe(TOPIC)
        assert await client.send(TOPIC, "post", {"text": "hello"}) == {}


def test_who_wants_traces_without_what_makes_them_is_told_at_start(settings, monkeypatch) -> None:
    monkeypatch.setattr(tracing, "installed", lambda: False)
    assert check_tracing() == []
    settings.REALTIME = {**settings.REALTIME, "TRACES": True}
    (error,) = check_tracing()
    assert "requirements/tracing.txt" in error.msg
    monkeypatch.setattr(tracing, "installed", lambda: True)
    assert check_tracing() == []


def test_who_names_where_traces_go_wants_them(monkeypatch) -> None:
    assert not tracing.wanted()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318")
    assert tracing.wanted()
