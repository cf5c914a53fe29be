"""One trace from the click to the receipt, and logs that carry its id.

Spans go to an OTLP endpoint when one is set; trace ids exist either way, so logs can always be followed.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.logging import LoggingInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from pythonjsonlogger.json import JsonFormatter

from contracts.headers import TRACE

tracer = trace.get_tracer("savepoint")
_w3c = TraceContextTextMapPropagator()


def current_traceparent() -> str | None:
    """The W3C `traceparent` of the span that is open now; None outside of any."""
    carrier: dict[str, str] = {}
    _w3c.inject(carrier)
    return carrier.get(TRACE)


@contextmanager
def span(name: str, headers: Mapping[str, str], kind: trace.SpanKind = trace.SpanKind.CONSUMER) -> Iterator[None]:
    """A span that goes on with the trace in `headers`; what is told inside belongs to it."""
    with tracer.start_as_current_span(name, context=_w3c.extract(headers), kind=kind):
        yield


@contextmanager
def publishing(topic: str, headers: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The span in which the relay sends a row; gives the headers that carry the trace on."""
    with span(f"publish {topic}", headers, trace.SpanKind.PRODUCER):
        traceparent = current_traceparent()
        yield {**headers, **({TRACE: traceparent} if traceparent else {})}


def set_up(service: str, level: str = "INFO", otlp_url: str | None = None) -> None:
    """Once a process: trace ids, spans to `otlp_url` where there is one, and logs as JSON lines on stderr."""
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    if otlp_url:
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{otlp_url.rstrip('/')}/v1/traces")))
    trace.set_tracer_provider(provider)
    LoggingInstrumentor().instrument(set_logging_format=False)
    handler = logging.StreamHandler()
    fields = "%(asctime)s %(levelname)s %(name)s %(message)s %(otelTraceID)s"
    names = {"asctime": "at", "levelname": "level", "name": "logger", "otelTraceID": "trace"}
    handler.setFormatter(JsonFormatter(fields, rename_fields=names, static_fields={"service": service}))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for chatty in ("aiokafka", "httpx", "uvicorn.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
