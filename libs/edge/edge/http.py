"""The HTTP edge that all services share: problems, limits, health, metrics, and text that a database takes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from socket import socket
from typing import Annotated, Any

import uvicorn
from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from prometheus_fastapi_instrumentator import Instrumentator
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Strict, StringConstraints
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge import idempotency, problems
from edge.auth import Tokens
from kit.kafka import GRACEFUL_TIMEOUT_S
from kit.service import Loop, Service
from kit.settings import Settings

BODY_MAX_BYTES = 64 * 1024


class Body(BaseModel):
    """A request's or an answer's body. A request says no more than is asked for: a misspelt field is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def example(**body: Any) -> ConfigDict:
    """The `model_config` of a request's body, with an example for OpenAPI."""
    return ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [body]})


def _printable(text: str) -> str:
    """No control characters and no broken surrogates: neither a database nor a receipt takes them."""
    if any(ord(c) < 32 or 0xD800 <= ord(c) <= 0xDFFF or ord(c) == 127 for c in text):
        raise ValueError("holds characters that cannot be printed")
    return text


# Stripped first: a name of three spaces is too short.
Text = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_printable)]
"""A line of text from outside. Add a `Field(max_length=...)`."""


def _in_utc(moment: datetime) -> datetime:
    """A database keeps it in UTC: the year 9999 somewhere in the west is 10000 there."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("is further away than any calendar goes") from None


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A moment from outside, with its offset."""
Whole = Annotated[int, Strict()]
"""A number in a body: `true`, `"7"` and `7.0` are none. Add a `Field(ge=..., le=...)`."""
Flag = Annotated[bool, Strict()]
"""Yes or no in a body: `1` and `"true"` are neither."""


def create_app(
    service: Service, routers: Sequence[APIRouter], tokens: Tokens, keys_kept: timedelta = timedelta(days=3)
) -> FastAPI:
    """The service's HTTP app; its lifespan runs the service. `keys_kept`: how long a repeated request is known."""

    async def forget_keys() -> None:
        async with service.db.begin() as tx:
            await idempotency.prune(tx.conn, tx.now - keys_kept)

    service.loops.append(Loop("forget keys", forget_keys, pause_s=3600))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with service.running():
            yield

    app = FastAPI(
        title=f"Savepoint {service.name}",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a path is there or it is not
    )
    app.state.service, app.state.tokens, app.state.db = service, tokens, service.db
    app.state.stopping = asyncio.Event()
    problems.install(app)
    app.add_middleware(_BodyLimit)
    for router in (*routers, _health(service)):
        app.include_router(router)
    Instrumentator().instrument(app, metric_namespace="savepoint", metric_subsystem=service.name).expose(
        app, include_in_schema=False
    )
    FastAPIInstrumentor.instrument_app(app, excluded_urls="livez,readyz,metrics")
    return app


class Server(uvicorn.Server):
    """Tells its apps that they stop before it waits for their open answers: streams end then, by themselves."""

    def __init__(self, config: uvicorn.Config, *apps: FastAPI) -> None:
        super().__init__(config)
        self.apps = apps

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        for app in self.apps:
            app.state.stopping.set()
        await super().shutdown(sockets)


def serve(app: FastAPI, settings: Settings) -> None:
    """Serve until stopped, behind a gateway that shows the service under `/api/<service>`."""
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        root_path=f"/api/{app.state.service.name}",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=GRACEFUL_TIMEOUT_S,
    )
    Server(config, app).run()


class _BodyLimit:
    """Refuses a body over the limit as it is read, with a problem; Starlette's own limit answers in plain text."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        taken = 0

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > BODY_MAX_BYTES:
                raise HTTPException(413, f"The body may have at most {BODY_MAX_BYTES} bytes.")
            return message

        await self.app(scope, limited, send)


def _health(service: Service) -> APIRouter:
    """`/livez` and `/readyz`; a gateway does not show them."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/livez")
    async def livez() -> dict[str, str]:
        return {"status": "alive"}

    @routes.get("/readyz")
    async def readyz() -> JSONResponse:
        wrong = await service.wrong()
        return JSONResponse({"status": "not ready" if wrong else "ready", **wrong}, 503 if wrong else 200)

    return routes
