"""Traces of what a client sends, on its way to everybody: send, commit, publish, write. Optional.

    chorus.send       a request of a client, until its effect is durable (realtime.consumers.subscription)
    chorus.commit     the transaction that wrote it, with what else waited; a child of the first, linked to all
    chorus.publish    the handing over of what that transaction published
    chorus.write      one flush, in each process that has readers

Where nothing is traced `active` is None, and one look at it is all that it costs. Needs opentelemetry-sdk only then
(requirements/tracing.txt). No text, token or name goes into a span. Page: docs/how-to/trace.md.
"""

from __future__ import annotations

import contextlib
import os
import time
from asyncio import Future
from collections.abc import Awaitable, Coroutine, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from realtime.conf import conf

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, SpanContext

    from realtime.hub.types import Publication

__all__ = ["Traces", "active", "installed", "start", "use", "wanted"]

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""Whoever says where traces go wants them."""

active: Traces | None = None


class Traces:
    """Makes the spans. Everything here runs only where something is traced."""

    def __init__(self, provider: TracerProvider) -> None:
        from opentelemetry import trace
        from opentelemetry.context import Context
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._trace = trace
        self._nowhere = Context()
        self._tracer = provider.get_tracer("chorus")
        self._propagator = TraceContextTextMapPropagator()

    def sending(self, route: str, event: str, call: Any) -> Any:
        """Call `call()` as a client's request; what it returns, or awaits, or promises ends the span."""
        span = self._tracer.start_span("chorus.send", attributes={"chorus.topic": route, "chorus.event": event})
        try:
            with self._current(span):
                result = call()
        except BaseException as error:
            self._end(span, error)
            raise
        if isinstance(result, Future):
            result.add_done_callback(lambda done: self._end_with(span, done))
            return result
        if isinstance(result, Coroutine):
            return self._awaited(span, result)
        span.end()
        return result

    def current(self) -> SpanContext | None:
        """What is being done, for whoever does the rest of it later."""
        context = self._trace.get_current_span().get_span_context()
        return context if context.is_valid else None

    @contextlib.contextmanager
    def commit(self, writer: str, sends: Sequence[SpanContext | None], changes: int) -> Iterator[SpanContext]:
        """One transaction. sends: of its changes, where they are known."""
        known = [each for each in sends if each is not None]
        links = [self._trace.Link(each) for each in known]
        attributes: dict[str, str | int] = {"chorus.writer": writer, "chorus.changes": changes}
        # The writer's task began within the first request that woke it, which is not what this is a part of.
        parent = self._within(known[0]) if known else self._nowhere
        with self._tracer.start_as_current_span(
            "chorus.commit", parent, links=links, attributes=attributes, record_exception=False
        ) as span:
            yield span.get_span_context()

    @contextlib.contextmanager
    def publishing(
        self, commit: SpanContext | None, publications: Sequence[Publication]
    ) -> Iterator[list[Publication]]:
        """The same publications, which say from here on what they came of."""
        parent = self._nowhere if commit is None else self._within(commit)
        attributes = {"chorus.publications": len(publications)}
        with self._tracer.start_as_current_span("chorus.publish", parent, attributes=attributes) as span:
            carrier: dict[str, str] = {}
            self._propagator.inject(carrier, self._trace.set_span_in_context(span))
            yield [replace(each, trace=carrier.get("traceparent", "")) for each in publications]

    def wrote(self, publications: Sequence[Publication], seconds: float, events: int, sockets: int) -> None:
        """One flush of these is done, `seconds` after it began. It is a child of the first that is traced."""
        traced = [each.trace for each in publications if each.trace]
        if not traced:
            return
        parents = [self._propagator.extract({"traceparent": each}) for each in dict.fromkeys(traced)]
        links = [self._trace.Link(self._trace.get_current_span(each).get_span_context()) for each in parents[1:]]
        now = time.time_ns()
        attributes = {"chorus.events": events, "chorus.sockets": sockets}
        began = now - int(seconds * 1e9)
        span = self._tracer.start_span("chorus.write", parents[0], links=links, attributes=attributes, start_time=began)
        span.end(now)

    # --- helpers ----------------------------------------------------------------------------------

    def _current(self, span: Span) -> contextlib.AbstractContextManager[Any]:
        return self._trace.use_span(span, record_exception=False, set_status_on_exception=False)

    def _within(self, context: SpanContext) -> Any:
        return self._trace.set_span_in_context(self._trace.NonRecordingSpan(context))

    async def _awaited(self, span: Span, call: Awaitable[Any]) -> Any:
        error: BaseException | None = None
        try:
            with self._current(span):
                return await call
        except BaseException as raised:
            error = raised
            raise
        finally:
            self._end(span, error)

    def _end_with(self, span: Span, done: Future[Any]) -> None:
        self._end(span, None if done.cancelled() else done.exception())

    def _end(self, span: Span, error: BaseException | None) -> None:
        # The kind of the error alone: its message may hold what somebody wrote.
        if error is not None:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(self._trace.StatusCode.ERROR)
        span.end()


def wanted() -> bool:
    """Whether this process is to trace."""
    return conf().TRACES or any(os.environ.get(name) for name in ENDPOINTS)


def installed() -> bool:
    """Whether it can."""
    try:
        import opentelemetry.exporter.otlp.proto.http
        import opentelemetry.sdk.trace  # noqa: F401 - the same
    except ImportError:
        return False
    return True


def start() -> None:
    """Trace from here on, if that is wanted and can be done. What the SDK is told by OTEL_… holds."""
    if not (wanted() and installed()):
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    service = {"service.name": os.environ.get("OTEL_SERVICE_NAME", "chorus")}
    provider = TracerProvider(resource=Resource.create(service))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    use(provider)


def use(provider: TracerProvider | None) -> None:
    """Trace by this provider; None: not at all."""
    global active  # noqa: PLW0603 - one process, one provider
    active = None if provider is None else Traces(provider)
