"""The console, put together. `python -m console.app` runs it alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from socket import socket

import httpx
import uvicorn
from fastapi import FastAPI
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from prometheus_fastapi_instrumentator import Instrumentator

from console.api import (
    chain,
    client,
    errors,
    frame,
    group,
    hall,
    journal,
    live,
    pay,
    receipts,
    refund,
    register,
    register_acts,
    sell,
    setup,
    shift,
    sign_in,
    top_up,
)
from console.api.guard import Guard
from console.api.packed import Packed
from console.api.pages import Pages
from console.clients.services import Services
from console.clients.sessions import Sessions
from console.settings import Settings
from kit import telemetry

SCREENS = (
    sign_in,
    frame,
    group,
    hall,
    sell,
    pay,
    client,
    top_up,
    shift,
    receipts,
    refund,
    register,
    register_acts,
    journal,
    setup,
    chain,
    live,
)
STOP_TIMEOUT_S = 5
PACKED_FROM = 200
"""Bytes. An answer of a few words is not worth it."""


def compose(settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> FastAPI:
    """The console of these settings; `transport` stands for the network in a test."""
    services = Services(settings.api_url, transport)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await services.http.aclose()

    app = FastAPI(
        title="Savepoint console",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.stopping = asyncio.Event()
    app.state.services, app.state.sessions, app.state.pages = services, Sessions(services), Pages()
    app.add_middleware(Guard)
    # Streams are left as they are; nothing secret stands in a page beside what others may put there.
    app.add_middleware(Packed, minimum_size=PACKED_FROM)
    for screen in SCREENS:
        app.include_router(screen.router)
    errors.install(app)
    Instrumentator().instrument(app, metric_namespace="savepoint", metric_subsystem="console").expose(
        app, include_in_schema=False
    )
    FastAPIInstrumentor.instrument_app(app, excluded_urls="livez,readyz,metrics,static,live")
    HTTPXClientInstrumentor.instrument_client(services.http)
    return app


class Server(uvicorn.Server):
    """Ends the open streams before it waits for their answers."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self.app = app

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        self.app.state.stopping.set()
        await super().shutdown(sockets)


def main() -> None:
    """Serve until told to stop."""
    settings = Settings()
    telemetry.set_up("console", settings.log_level, settings.otlp_url)
    app = compose(settings)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=STOP_TIMEOUT_S,
    )
    Server(config, app).run()


if __name__ == "__main__":
    main()
