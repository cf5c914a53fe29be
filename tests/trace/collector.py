"""A collector of traces, as small as one can be: OTLP over HTTP in, spans by their id out."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1 import trace_pb2


@dataclass(frozen=True, slots=True)
class Span:
    """What a test wants to know of a span; `kind` is server, client, producer, consumer or internal."""

    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str


class Collector:
    """All spans that came in so far."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.spans: dict[str, Span] = {}

    def take(self, body: bytes) -> None:
        """Keep the spans of one export."""
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                for raw in scope.spans:
                    span = _read(raw)
                    self.spans[span.span_id] = span

    def naming(self, what: str, name: str) -> "Collector":
        """The same spans with `name` where they say `what`."""
        named = Collector(self.url)
        named.spans = {key: replace(one, name=one.name.replace(what, name)) for key, one in self.spans.items()}
        return named

    def the(self, name: str) -> Span:
        """The one span of this name."""
        (found,) = [span for span in self.spans.values() if span.name == name]
        return found

    def ancestry(self, span: Span) -> list[Span]:
        """The span, its parent, and so on up to one whose parent is not known here."""
        found = [span]
        while (parent := self.spans.get(found[-1].parent_id)) is not None:
            found.append(parent)
        return found


def _read(raw: trace_pb2.Span) -> Span:
    kind = trace_pb2.Span.SpanKind.Name(raw.kind).removeprefix("SPAN_KIND_").lower()
    return Span(raw.name, kind, raw.trace_id.hex(), raw.span_id.hex(), raw.parent_span_id.hex())


@contextmanager
def collector() -> Iterator[Collector]:
    """A collector on a free port."""

    class Receive(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collecting.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(ExportTraceServiceResponse().SerializeToString())

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receive)
    collecting = Collector(f"http://127.0.0.1:{server.server_address[1]}")
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield collecting
    finally:
        server.shutdown()
        server.server_close()
