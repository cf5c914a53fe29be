"""One trace from the click to the receipt, and logs that carry its id.

Spans go to an OTLP endpoint when one is set; trace ids exist either way, so logs can always be followed.
"""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.logging import LoggingInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, DEFAULT_ON
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

from contracts.headers import TRACE

EXPORT_TIMEOUT_S = 3
"""A collector that is down may not hold up a stop."""
NOT_LOGGED = ("otelSpanID", "otelTraceSampled", "otelServiceName", "color_message")
"""What libraries add to each record and nobody reads."""

SELDOM_S = 10

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


class Seldom(logging.Filter):
    """Lets the same words through once in `SELDOM_S`. It remembers all of them: for loggers that say few things."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        words, now = record.getMessage(), time.monotonic()
        seldom = words not in self._said or now - self._said[words] >= SELDOM_S
        if seldom:
            self._said[words] = now
        return seldom


def flush() -> None:
    """Send the spans that wait. A server that was stopped ends by its signal: nothing is sent at exit."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.force_flush()


def set_up(service: str, level: str = "INFO", otlp_url: str | None = None) -> None:
    """Once a process: trace ids, spans to `otlp_url` where there is one, and logs as JSON lines on stderr."""
    # Without a collector spans are ids alone: recorded ones cost half of what a message costs to send.
    provider = TracerProvider(
        sampler=DEFAULT_ON if otlp_url else ALWAYS_OFF, resource=Resource.create({"service.name": service})
    )
    if otlp_url:
        exporter = OTLPSpanExporter(endpoint=f"{otlp_url.rstrip('/')}/v1/traces", timeout=EXPORT_TIMEOUT_S)
        provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    LoggingInstrumentor().instrument(
        inject_trace_context=True, set_logging_format=False, enable_log_auto_instrumentation=False
    )
    handler = logging.StreamHandler()
    fields = "%(asctime)s %(levelname)s %(name)s %(message)s %(otelTraceID)s"
    names = {"asctime": "at", "levelname": "level", "name": "logger", "otelTraceID": "trace"}
    handler.setFormatter(
        JsonFormatter(
            fields,
            rename_fields=names,
            static_fields={"service": service},
            reserved_attrs=[*RESERVED_ATTRS, *NOT_LOGGED],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Where a topic is missing it says so a hundred times a second: that costs a processor, and turns the logs over.
    logging.getLogger("aiokafka.cluster").addFilter(Seldom())
    for chatty in ("aiokafka", "httpx", "uvicorn.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
