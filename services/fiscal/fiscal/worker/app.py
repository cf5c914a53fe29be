"""The worker at a club: one process beside one KKM-Server. Wires, decides nothing.

`python -m fiscal.worker.app`. It serves no API, only its health: small, so that a small PC can run it.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import uvicorn
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor, RequestInfo
from opentelemetry.trace import Span
from prometheus_client import generate_latest

from fiscal.worker.clients import KkmServer
from fiscal.worker.consumers import handlers
from fiscal.worker.jobs import Queues
from fiscal.worker.jobs.devices import Devices
from fiscal.worker.settings import Settings
from kit import migrate, telemetry
from kit.consume import Intake
from kit.db import Database
from kit.relay import Relay
from kit.service import Loop, Service
from kit.subscribe import Consumer

NAME = "fiscal-worker"
PACKAGE = "fiscal.worker"


def compose(settings: Settings) -> Service:
    """The worker of `settings.club_id`."""
    db = Database(settings.database(), NAME)
    kafka = settings.kafka()
    kkm_server = KkmServer(settings.kkm_url, settings.kkm_user, settings.kkm_password.get_secret_value())
    HTTPXClientInstrumentor.instrument_client(kkm_server.http, request_hook=_name)
    queues = Queues(db, kkm_server, timedelta(hours=settings.rotate_after_h))
    consumer = Consumer(Intake(db, handlers(settings.club_id)), kafka, f"{NAME}-{settings.club_id}")
    loops = [
        Loop("registers", queues.work, pause_s=1),
        Loop("devices", Devices(db, kkm_server).work, pause_s=0.1),
        Loop("observe", queues.observe, pause_s=settings.observe_every_s),
    ]
    return Service(PACKAGE, db, Relay(db, kafka), consumer, loops)


async def _name(span: Span, request: RequestInfo) -> None:
    """Name a call's span for its command: all of them are `POST /Execute`."""
    assert request.extensions is not None
    span.update_name(f"KKM-Server {request.extensions['command']}")


Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


def health(service: Service) -> Callable[[dict[str, Any], Receive, Send], Awaitable[None]]:
    """A bare ASGI app: `/livez`, `/readyz`, `/metrics`."""

    async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        status, body = 404, b"{}"
        if scope["path"] == "/livez":
            status, body = 200, b'{"status": "alive"}'
        elif scope["path"] == "/metrics":
            status, body = 200, generate_latest()
        elif scope["path"] == "/readyz":
            wrong = await service.wrong()
            status, body = (
                503 if wrong else 200,
                json.dumps({"status": "not ready" if wrong else "ready", **wrong}).encode(),
            )
        kind = b"text/plain; version=0.0.4" if scope["path"] == "/metrics" else b"application/json"
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]})
        await send({"type": "http.response.body", "body": body})

    return app


async def run(settings: Settings) -> None:
    """Bring the file to this version's schema, then work until stopped."""
    service = compose(settings)
    await migrate.upgrade(service.db, PACKAGE)
    config = uvicorn.Config(health(service), settings.host, settings.port, lifespan="off", log_config=None)
    async with service.running():
        await uvicorn.Server(config).serve()


def main() -> None:
    settings = Settings()
    telemetry.set_up(NAME, settings.log_level, settings.otlp_url)
    asyncio.run(run(settings))


if __name__ == "__main__":
    main()
